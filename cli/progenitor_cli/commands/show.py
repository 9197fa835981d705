"""Show all that is stored of a study or of one trial.

Of a study its specification, with the defaults that were filled in when it was created; of a trial its place in the
population, its hyperparameters, measurements, checkpoint, and where its time went. --json prints one line, the study
or the trial in the protos' JSON form.
"""

from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor show digits
progenitor show digits/7
"""


def command(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|TRIAL", help="digits, or digits/7; left out: the only study.", show_default=False
        ),
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..calls.names import study_of
    from ..lookup import chosen, chosen_trial, connected, is_trial
    from ..text.shown import study_text, trial_text
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        if name is not None and is_trial(name):
            trial = client.get_trial(chosen_trial(client, name))
            if json:
                print(line(trial))
                return
            study = client.get_study(study_of(trial.name))
            print(trial_text(study, trial, list(client.list_measurements(trial.name))))
            return
        study = client.get_study(chosen(client, name))
        print(line(study) if json else study_text(study))
