"""Show a trial's lineage: its hyperparameter schedule.

The trials whose sessions trained its weights, oldest first. Of a study it is the best trial's. --json prints one trial
a line, in the protos' JSON form.
"""

from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor lineage digits
progenitor lineage digits/7 --json
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
    from ..lookup import connected, trial_or_best
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        trial = trial_or_best(client, name)
        lineage = tuple(client.list_lineage(trial))
        if json:
            for ancestor in lineage:
                print(line(ancestor))
            return
        from ..text.tables import trials_table

        print(trials_table(client.get_study(study_of(trial)).spec, lineage))
