"""List the trials of a study, by number.

The column `why` has the first line of a failure's message. --json prints one trial a line, in the protos' JSON form.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument
from ..errors import UsageError

if TYPE_CHECKING:
    from progenitor.v1 import trial_pb2

PREFIX = "TRIAL_STATE_"
EXAMPLES = """\
progenitor trials --state failed --state preempted
progenitor trials digits --json | jq -r .measurement.metrics.accuracy
"""


def command(
    *,
    study: StudyArgument = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only those in this state; may be given again.", show_default=False),
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..lookup import chosen, connected
    from ..text.wire_json import line

    states = [state_named(name) for name in state or ()]
    with connected(controller, database, dir_) as client:
        name = chosen(client, study)
        if json:
            for trial in client.list_trials(name, states):
                print(line(trial))
            return
        from ..text.tables import trials_table

        print(trials_table(client.get_study(name).effective_spec, tuple(client.list_trials(name, states))))


def state_named(name: str) -> "trial_pb2.TrialState.ValueType":
    """`running`, `RUNNING` and `TRIAL_STATE_RUNNING` are the same."""
    from progenitor.v1 import trial_pb2

    wanted = PREFIX + name.upper().removeprefix(PREFIX)
    known = [known for known, number in trial_pb2.TrialState.items() if number]
    if wanted not in known:
        listed = ", ".join(state.removeprefix(PREFIX).lower() for state in known)
        raise UsageError(f"--state {name!r} is none of {listed}.")
    return trial_pb2.TrialState.Value(wanted)
