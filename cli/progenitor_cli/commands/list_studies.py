"""List the studies, by name.

--json prints one study a line, GetStudyStatusResponse in the protos' JSON form.
"""

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor list
progenitor list --controller 10.0.0.5:50051 --json
"""


def command(
    *,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..lookup import connected
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        statuses = (client.get_study_status(study.name) for study in client.list_studies())
        if json:
            for status in statuses:
                print(line(status))
            return
        from ..text.tables import studies_table

        print(studies_table(statuses))
