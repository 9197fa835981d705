"""Replays: what a study that trains another one's trials again takes from there, and what came of it."""

from collections.abc import Sequence

from progenitor.v1 import study_pb2 as pb
from progenitor_storage import Snapshot
from progenitor_storage.errors import StudyNotFound
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Trial, TrialState

from . import algorithms
from .errors import InvalidRequest, ReplayedNotFound, Violation
from .wire.decode import effective
from .wire.spec.replay import replayed
from .wire.values import parameters_to_wire

FIELD = "spec.replay.trials"
MAX_BYTES = 2**20
"""Of a closure: it is stored with the study, and read by every call on it."""
MAX_TRIALS = 12_000
"""So many with their digests are more than 1 MiB."""


def filled_in(tx: Snapshot, spec: pb.StudySpec) -> pb.StudySpec:
    """With the trials and their ancestors, and with what everybody reads of a specification, from the replayed study.

    Raises ReplayedNotFound, and InvalidRequest for trials that cannot be replayed. The replayed study is not locked:
    a final trial never changes.
    """
    name, numbers = replayed(spec.replay)
    study = existing(tx, name)
    closure = tx.replays.closure(study, numbers, MAX_TRIALS)
    if len(closure) == MAX_TRIALS:
        raise too_many()
    refuse_unfit(study, numbers, closure)
    source = pb.StudySpec.FromString(study.effective_spec)
    full = pb.StudySpec()
    full.CopyFrom(spec)
    full.parameters.extend(source.parameters)
    full.metrics.extend(source.metrics)
    full.steps_per_trial = source.steps_per_trial
    full.seed = source.seed
    full.replay.closure.extend(as_replayed(effective(study.effective_spec), trial) for trial in closure)
    if sum(trial.ByteSize() for trial in full.replay.closure) > MAX_BYTES:
        raise too_many()
    return full


def outcome(tx: Snapshot, study: Study) -> str:
    """Of a replay whose trials are all completed."""
    compared = tx.replays.compared(study)
    if not compared.differing:
        return f"all {compared.completed} checkpoints are the replayed ones, digest for digest"
    return (
        f"{len(compared.differing)} of {compared.completed} checkpoints differ from the replayed ones: first trial "
        f"{compared.differing[0]}"
    )


def existing(tx: Snapshot, name: str) -> Study:
    try:
        return tx.studies.get(name)
    except StudyNotFound as error:
        violation = Violation(f"{FIELD}[0]", f"there is no study {name!r}")
        raise ReplayedNotFound("STUDY_NOT_FOUND", [violation]) from error


def refuse_unfit(study: Study, numbers: Sequence[int], closure: Sequence[Trial]) -> None:
    found = {trial.number: trial for trial in closure}
    missing = [
        Violation(f"{FIELD}[{place}]", f"study {study.name!r} has no trial {number}")
        for place, number in enumerate(numbers)
        if number not in found
    ]
    if missing:
        raise ReplayedNotFound("TRIAL_NOT_FOUND", missing)
    unfit = [
        Violation(f"{FIELD}[{place}]", told)
        for place, number in enumerate(numbers)
        if (told := unfit_because(found[number]))
    ]
    if unfit:
        raise InvalidRequest(unfit)


def unfit_because(trial: Trial) -> str:
    if trial.state is not TrialState.COMPLETED:
        return f"trial {trial.number} is {trial.state.value}, must be completed"
    return "" if trial.checkpoint else f"trial {trial.number} has no checkpoint"


def too_many() -> InvalidRequest:
    told = "are more than 1 MiB with all of their ancestors: replay fewer of them at a time"
    return InvalidRequest([Violation(FIELD, told)])


def as_replayed(spec: Spec, trial: Trial) -> pb.ReplayedTrial:
    start = algorithms.given_start(spec, trial) if trial.parent is None else None
    return pb.ReplayedTrial(
        trial=trial.number,
        member=trial.member,
        generation=trial.generation,
        parameters=parameters_to_wire(trial.parameters),
        seed=trial.seed,
        start_step=trial.start_step,
        end_step=trial.end_step,
        parent=trial.parent,
        digest=trial.checkpoint.digest if trial.checkpoint else "",
        warm_start_uri=start.uri if start else "",
        warm_start_digest=start.digest if start else "",
    )
