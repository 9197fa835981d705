"""Cancel a study for good.

What is being trained is lost; its finished trials and their checkpoints stay. A paused study can go on, a cancelled
one cannot. --json prints the study on one line.
"""

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor cancel digits
"""


def command(
    *,
    study: StudyArgument = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = FOLDER,
    json: JsonOption = False,
) -> None:
    from ..lookup import chosen, connected
    from ..text.report import study_line

    with connected(controller, database, dir_) as client:
        print(study_line(client.cancel_study(chosen(client, study)), as_json=json))
