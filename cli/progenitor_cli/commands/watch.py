"""Watch a study until it has ended.

The population as a table that changes, or plain lines where nothing can be drawn.

--json prints each trial that changed, one a line, in its newest state and the protos' JSON form, beginning with those
there are.

Exit codes: 0 the study is completed; 1 it failed or was cancelled, or no controller answers; 130 ended by Ctrl-C,
which the study does not notice.
"""

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor watch digits
progenitor watch digits --json | jq -r 'select(.state == "TRIAL_STATE_FAILED") | .failure_message'
"""

FOLDER_PATIENCE = 1.0
"""Seconds that a folder's controller is waited for, before another one is looked for there."""


def command(
    *,
    study: StudyArgument = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = FOLDER,
    json: JsonOption = False,
) -> None:
    from progenitor.v1 import study_pb2

    from ..calls.trial_watch import PATIENCE, TrialWatch
    from ..errors import CliError, ControllerUnreachable
    from ..lookup import chosen, connected
    from ..text.report import not_completed, outcome
    from ..text.wire_json import line
    from ..watching.followed_study import followed

    watch = None
    while True:
        with connected(controller, database, dir_) as client:
            name = study = chosen(client, study)
            patience = PATIENCE if controller else FOLDER_PATIENCE
            watch = watch or TrialWatch(name, patience)
            try:
                if json:
                    for trial in watch.trials(client):
                        print(line(trial), flush=True)
                else:
                    followed(client, client.get_study(name), patience)
            except ControllerUnreachable:
                if controller:
                    raise
                continue  # the run whose controller was asked has ended
            status = client.get_study_status(name)
            break
    if not json:
        print(outcome(status))
    if status.study.state != study_pb2.STUDY_STATE_COMPLETED:
        raise CliError(not_completed(status.study, []))
