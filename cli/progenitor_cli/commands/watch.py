"""Watch a study until it has ended.

The population as a table that changes, or plain lines where nothing can be drawn.

--json prints each trial that changed, one a line, in its newest state and the protos' JSON form, beginning with those
there are.

Exit codes: 0 the study is completed; 1 it failed or was cancelled, or no controller answers; 130 ended by Ctrl-C,
which the study does not notice.
"""

from typing import TYPE_CHECKING

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor watch digits
progenitor watch digits --json | jq -r 'select(.state == "TRIAL_STATE_FAILED") | .failure_message'
"""

if TYPE_CHECKING:
    from progenitor.v1 import study_service_pb2 as pb


def command(
    *,
    study: StudyArgument = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from progenitor.v1 import study_pb2

    from ..calls.trial_watch import PATIENCE, TrialWatch
    from ..client import Client
    from ..errors import StudyNotCompleted
    from ..lookup import FOLDER_PATIENCE, chosen, named_controllers, outliving
    from ..text.report import not_completed, outcome
    from ..text.wire_json import line
    from ..watching.followed_study import followed

    patience = PATIENCE if named_controllers(controller, database, dir_) else FOLDER_PATIENCE
    name = outliving(controller, database, dir_, lambda client: chosen(client, study))
    watch = TrialWatch(name, patience)

    def watched(client: Client) -> "pb.GetStudyStatusResponse":
        if json:
            for trial in watch.trials(client):
                print(line(trial), flush=True)
        else:
            followed(client, client.get_study(name), patience)
        return client.get_study_status(name)

    status = outliving(controller, database, dir_, watched)
    if not json:
        print(outcome(status))
    if status.study.state != study_pb2.STUDY_STATE_COMPLETED:
        raise StudyNotCompleted(not_completed(status, []))
