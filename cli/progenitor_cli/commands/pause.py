"""Pause a study: nothing more is handed out.

Trials that are being trained go on to their end. Workers stay and wait. `progenitor resume` makes it go on. --json
prints the study on one line.
"""

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor pause digits
"""


def command(
    *,
    study: StudyArgument = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..lookup import chosen, connected
    from ..text.report import study_line

    with connected(controller, database, dir_) as client:
        print(study_line(client.pause_study(chosen(client, study)), as_json=json))
