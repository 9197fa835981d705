"""What came of a replay: which trials came to other checkpoints, or measured otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import trial_pb2

from ..calls.names import number, short, study_of
from ..calls.study_calls import StudyCalls
from ..errors import CallRefused
from .replayed import differs


@dataclass(frozen=True, slots=True)
class Again:
    """A completed trial of a replay. `measured` are the metrics that the trial it repeats had, if that is known."""

    trial: trial_pb2.Trial
    measured: Mapping[str, float] | None

    @property
    def measured_otherwise(self) -> bool:
        if self.measured is None:
            return False
        now = self.trial.measurement.metrics
        return {name: repr(value) for name, value in self.measured.items()} != {
            name: repr(value) for name, value in now.items() if name in self.measured
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """`differing` came to other checkpoints, `remeasured` to the same with other metrics; by number."""

    status: pb.GetStudyStatusResponse
    completed: int
    differing: tuple[Again, ...]
    remeasured: tuple[Again, ...]

    @property
    def trials(self) -> int:
        """How many are trained in all."""
        return len(self.status.study.effective_spec.replay.closure)


def outcome_of(client: StudyCalls, study: str) -> Outcome:
    """What is completed so far, beside what it repeats, where the replayed study is still there."""
    completed = list(client.list_trials(study, [trial_pb2.TRIAL_STATE_COMPLETED]))
    there = measured_there(client, completed)
    found = [Again(trial, there.get(trial.replays)) for trial in completed]
    return Outcome(
        client.get_study_status(study),
        len(completed),
        tuple(again for again in found if differs(again.trial)),
        tuple(again for again in found if not differs(again.trial) and again.measured_otherwise),
    )


def measured_there(client: StudyCalls, trials: Sequence[trial_pb2.Trial]) -> dict[str, dict[str, float]]:
    """By name, the metrics of the trials that these repeat; of another study under the same name nothing is known."""
    wanted_digests = {trial.replays: trial.replayed_digest for trial in trials}
    if not wanted_digests:
        return {}
    last = max(int(short(name)) for name in wanted_digests)
    found: dict[str, dict[str, float]] = {}
    try:
        for trial in client.list_trials(study_of(trials[0].replays), [trial_pb2.TRIAL_STATE_COMPLETED]):
            if number(trial) > last:
                break
            if wanted_digests.get(trial.name) == trial.checkpoint.digest:
                found[trial.name] = dict(trial.measurement.metrics)
    except CallRefused as refusal:
        if refusal.code != "NOT_FOUND":
            raise
    return found
