"""List the workers of a study, the last heard first.

Where each runs, what it holds, and when it last called. One that is silent for longer than the study's lease loses its
trials. --json prints one worker a line, WorkerStatus in the protos' JSON form.
"""

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor workers digits
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
    from ..text.tables import workers_table
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        workers = client.list_workers(chosen(client, study))
        if json:
            for worker in workers:
                print(line(worker))
            return
        print(workers_table(workers))
