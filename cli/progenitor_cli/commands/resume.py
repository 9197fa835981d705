"""Let a paused study go on.

Workers that waited go on at once. --json prints the study on one line.
"""

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor resume digits
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
        print(study_line(client.resume_study(chosen(client, study)), as_json=json))
