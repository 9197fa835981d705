"""Delete a study from the database. It asks first.

Its trials, its measurements and everything that was decided go. The checkpoints stay in their store; the folder that
has them is named at the end. --json prints one line: {"deleted", "uid"}.

Exit codes: 0 deleted; 1 the answer was no, or there is none; 2 without a terminal to ask at, --yes is missing.
"""

import json as json_format
from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor delete digits
progenitor delete digits --yes
"""


def command(
    *,
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Its name.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..asking import confirmed
    from ..calls.names import short
    from ..lookup import connected
    from ..text.progress import trial_summary

    with connected(controller, database, dir_) as client:
        status = client.get_study_status(study)
        name, uid = status.study.name, status.study.uid
        told = f"{trial_summary(status)}, {status.total_steps} steps"
        confirmed(f"Delete {short(name)} ({told})?", yes=yes)
        client.delete_study(name)
    if json:
        print(json_format.dumps({"deleted": name, "uid": uid}))
    else:
        print(f"Deleted {short(name)}. Its checkpoints stay in the folder {uid} of their store.")
