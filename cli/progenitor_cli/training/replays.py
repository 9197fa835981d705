"""Which study trains given trials again, and what came of them there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import id_from_name, resource_name, short, study_of
from ..calls.names import number as number_of
from ..client import Client
from ..errors import CallRefused, ProgenitorError
from ..text.replayed import differs
from .studies import free_id

SUFFIX = "-replay"
"""Of a replay's name, after the replayed study's."""
LONGEST = 63 - len(SUFFIX)


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


def wanted(client: Client, trials: Sequence[str], name: str | None, *, fresh: bool) -> study_pb2.Study:
    """The newest study that replays exactly these trials, made if there is none or a `fresh` one is asked for.

    `name` is that of the study to be made or found.
    """
    spec = spec_of(trials)
    if name is None:
        known = [] if fresh else [study for study in client.list_studies() if study.spec == spec]
        if known:
            return max(known, key=lambda study: study.create_time.ToNanoseconds())
        base = short(study_of(trials[0]))[:LONGEST].rstrip("-")
        return client.create_study(free_id(client, base + SUFFIX), spec)
    study_id = id_from_name(name)
    try:
        return client.create_study(study_id, spec)
    except CallRefused as refusal:
        if refusal.code != "ALREADY_EXISTS" or fresh:
            raise
        study = client.get_study(resource_name(study_id))
        if study.spec != spec:
            raise
        return study


def spec_of(trials: Sequence[str]) -> study_pb2.StudySpec:
    """By number, so that it is the same in whatever order they are named."""
    in_order = sorted(set(trials), key=lambda name: (study_of(name), int(short(name))))
    return study_pb2.StudySpec(replay=study_pb2.Replay(trials=in_order))


def going_on(client: Client, study: study_pb2.Study) -> study_pb2.Study:
    """To be trained now: a paused one is resumed."""
    if study.state == study_pb2.STUDY_STATE_CANCELLED:
        raise ProgenitorError(
            f"{study.name} was cancelled. The same `progenitor replay` with --fresh starts another one."
        )
    return client.resume_study(study.name) if study.state == study_pb2.STUDY_STATE_PAUSED else study


def outcome_of(client: Client, study: str) -> Outcome:
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


def measured_there(client: Client, trials: Sequence[trial_pb2.Trial]) -> dict[str, dict[str, float]]:
    """By name, the metrics of the trials that these repeat; of another study under the same name nothing is known."""
    wanted_digests = {trial.replays: trial.replayed_digest for trial in trials}
    if not wanted_digests:
        return {}
    last = max(int(short(name)) for name in wanted_digests)
    found: dict[str, dict[str, float]] = {}
    try:
        for trial in client.list_trials(study_of(trials[0].replays), [trial_pb2.TRIAL_STATE_COMPLETED]):
            if number_of(trial) > last:
                break
            if wanted_digests.get(trial.name) == trial.checkpoint.digest:
                found[trial.name] = dict(trial.measurement.metrics)
    except CallRefused as refusal:
        if refusal.code != "NOT_FOUND":
            raise
    return found
