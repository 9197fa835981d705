"""Show how far a study is.

Progress, trials by state, the best trial and the population.

Without --controller and --database it asks about .progenitor/ of the working directory, whether or not a run is under
way there. --json prints one line, GetStudyStatusResponse in the protos' JSON form.
"""

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor status
progenitor status digits --controller 10.0.0.5:50051
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
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        status = client.get_study_status(chosen(client, study))
        if json:
            print(line(status))
            return
        from ..text.report import status_text

        print(status_text(status, list(client.list_population(status.study.name))))
