"""List the trials of a study, by number.

Without --controller it asks about .progenitor/ of the working directory, whether or not a run is under way there.
--json prints one trial a line, in the protos' JSON form.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError

if TYPE_CHECKING:
    from progenitor.v1 import trial_pb2

PREFIX = "TRIAL_STATE_"


def command(
    *,
    study: Annotated[
        str | None,
        typer.Argument(metavar="STUDY", help="May be left out if there is only one.", show_default=False),
    ] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only those in this state; may be given again.", show_default=False),
    ] = None,
    controller: Annotated[
        str | None, typer.Option(help="A controller's address.", show_default=False)
    ] = None,
    dir_: Annotated[Path, typer.Option("--dir", help="Which folder's studies.")] = Path(".progenitor"),
    json: Annotated[bool, typer.Option("--json", help="Print one trial a line, as JSON.")] = False,
) -> None:
    from ..lookup import chosen, connected
    from ..wire_json import line

    states = [state_named(name) for name in state or ()]
    with connected(controller, dir_) as client:
        name = chosen(client, study)
        if json:
            for trial in client.list_trials(name, states):
                print(line(trial))
            return
        from ..report import trials_table

        spec = client.get_study(name).spec
        print(
            trials_table(
                tuple(client.list_trials(name, states)),
                tuple(parameter.name for parameter in spec.parameters),
                tuple(metric.name for metric in spec.metrics),
            )
        )


def state_named(name: str) -> "trial_pb2.TrialState.ValueType":
    """`running`, `RUNNING` and `TRIAL_STATE_RUNNING` are the same."""
    from progenitor.v1 import trial_pb2

    wanted = PREFIX + name.upper().removeprefix(PREFIX)
    known = [known for known, number in trial_pb2.TrialState.items() if number]
    if wanted not in known:
        listed = ", ".join(state.removeprefix(PREFIX).lower() for state in known)
        raise UsageError(f"--state {name!r} is none of {listed}.")
    return trial_pb2.TrialState.Value(wanted)
