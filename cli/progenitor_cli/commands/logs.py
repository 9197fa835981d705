"""Print what a trial's training code printed.

On the machine where it was trained. A trial that went on elsewhere has a log on each machine that trained it. The log
is searched in DIR/logs, or in the folder that its workers were given as --logs. --json prints one line: {"trial",
"log"}, where the file is.

Exit codes: 0; 1 this machine has no log of the trial; 130 --follow ended by Ctrl-C.
"""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption, JsonOption, TrialArgument

EXAMPLES = """\
progenitor logs digits/7
progenitor logs digits/7 --follow
"""


def command(
    *,
    trial: TrialArgument,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is printed until the trial has ended.")
    ] = False,
    logs: Annotated[
        Path | None, typer.Option(help="The logs' folder; default: DIR/logs.", show_default=False)
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..errors import UsageError
    from ..folder import folder_at
    from ..lookup import chosen_trial, connected, outliving
    from ..training.trial_logs import followed, found_log, printed

    if follow and json:
        raise UsageError("--json says where the log is: it cannot --follow it.")
    folder = folder_at(dir_ or FOLDER).logs if logs is None else logs.expanduser().resolve()
    with connected(controller, database, dir_) as client:
        name = chosen_trial(client, trial)
        path = found_log(client, folder, name, wait=follow)
    if json:
        print(json_format.dumps({"trial": name, "log": str(path)}))
    elif follow:
        with path.open("rb") as log:
            outliving(controller, database, dir_, lambda client: followed(client, log, name))
    else:
        printed(path)
