"""Cancel a study for good. It asks first.

What is being trained is lost; its finished trials and their checkpoints stay. A paused study can go on, a cancelled one
cannot. --json prints the study on one line.

Exit codes: 0 cancelled; 1 the answer was no, or the study has ended; 2 without a terminal to ask at, --yes is missing.
"""

from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor cancel digits
progenitor cancel digits --yes
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
    from ..text.report import study_line

    with connected(controller, database, dir_) as client:
        status = client.get_study_status(study)
        running = status.trial_counts.get("TRIAL_STATE_RUNNING", 0)
        confirmed(f"Cancel {short(status.study.name)}, of which {running} trials are running?", yes=yes)
        print(study_line(client.cancel_study(study), as_json=json))
