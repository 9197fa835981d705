"""Create a study without training it.

The one that FILE describes, or one that goes on from a trial of another. With --from each member begins with that
trial's checkpoint and hyperparameters, and its steps count on from there; the checkpoint is pinned, so that it is
kept. Without FILE the new study searches as the old one did. --single makes one long run of it: one member, whose
hyperparameters stay as they are. Train it with `progenitor run FILE --study NAME`, or with `work`, over the same
store.

--json prints the study on one line.
"""

from pathlib import Path
from typing import Annotated

import typer

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor create train.py --controller 10.0.0.5:50051
progenitor create --from digits/7 --max-steps 200 --name digits-longer
progenitor create --from digits/7 --single --max-steps 1000 --steps-per-trial 100
"""


def command(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A Python file with a study.", show_default=False),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TRIAL", help="Begin where STUDY/NUMBER ended.", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The new study's; default: FILE's, or numbered.", show_default=False)
    ] = None,
    single: Annotated[
        bool, typer.Option("--single", help="One long run: one member, no exploration.")
    ] = False,
    max_steps: Annotated[
        int | None,
        typer.Option(min=1, max=2**40, help="How far each member trains, in all.", show_default=False),
    ] = None,
    steps_per_trial: Annotated[
        int | None, typer.Option(min=1, max=2**40, help="How far one session trains.", show_default=False)
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..calls.names import id_from_name
    from ..errors import UsageError
    from ..folder import folder_at
    from ..lookup import chosen_trial, connected
    from ..text.report import created_text
    from ..training.creation import Changes, continued, described

    changes = Changes(single, max_steps, steps_per_trial)
    logs = folder_at(dir_ or FOLDER).logs
    if from_ is not None:
        wish = None if file is None else described(file, logs)
        with connected(controller, database, dir_) as client:
            study = continued(client, chosen_trial(client, from_), wish, changes, name)
    elif file is not None:
        wish = described(file, logs)
        with connected(controller, database, dir_, make_folder=True) as client:
            study_id = id_from_name(name) if name else wish.study_id
            study = client.create_study(study_id, changes.applied(wish.spec))
    else:
        raise UsageError("Give a FILE, --from, or both.")
    print(created_text(study, file, as_json=json))
