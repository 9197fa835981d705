"""Training the trials of another study again. What is trained comes from there, so the request says little."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Replay, ReplayedTrial

from ..names import parse_trial
from ..values import parameters_from_wire
from ..violations import Violations

MAX_TRIALS = 1000

FROM_THERE = "must be unset with replay: the replayed study gives it"
TO_THE_END = "must be unset with replay, which ends when all of its trials are trained"

NOT_GIVEN = {
    "parameters": FROM_THERE,
    "metrics": FROM_THERE,
    "steps_per_trial": FROM_THERE,
    "seed": FROM_THERE,
    "initial_population": FROM_THERE,
    "budget": TO_THE_END,
    "median_stopping": TO_THE_END,
    "performance_curve_stopping": TO_THE_END,
    "custom_stopping": TO_THE_END,
}


def check(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    given = {descriptor.name for descriptor, _ in spec.ListFields()}
    for name, told in NOT_GIVEN.items():
        if name in given:
            violations.add(f"{field}.{name}", told)
    _trials(violations, f"{field}.replay.trials", spec.replay)
    if spec.replay.closure:
        violations.add(f"{field}.replay.closure", "must be empty: it is copied when the study is created")


def record(replay: pb.Replay) -> Replay:
    """`replay` is valid: all of its trials are of one study."""
    study, _ = replayed(replay)
    return Replay(tuple(_trial_record(trial) for trial in replay.closure), study)


def replayed(replay: pb.Replay) -> tuple[str, list[int]]:
    """The replayed study's id, and the numbers of the trials that were asked for; `replay` is valid."""
    names = [parse_trial(Violations(), "", name) for name in replay.trials]
    return names[0][0], [number for _, number in names]


def _trials(violations: Violations, field: str, replay: pb.Replay) -> None:
    if not 1 <= len(replay.trials) <= MAX_TRIALS:
        violations.add(field, f"has {len(replay.trials)} entries, must have from 1 to {MAX_TRIALS}")
    violations.distinct(field, replay.trials)
    first = ""
    for place, name in enumerate(replay.trials):
        study, _ = parse_trial(violations, f"{field}[{place}]", name)
        first = first or study
        if study and study != first:
            violations.add(f"{field}[{place}]", f"is a trial of study {study!r}, others are of {first!r}")


def _trial_record(trial: pb.ReplayedTrial) -> ReplayedTrial:
    return ReplayedTrial(
        number=trial.trial,
        member=trial.member,
        generation=trial.generation,
        parameters=parameters_from_wire(trial.parameters),
        seed=trial.seed,
        start_step=trial.start_step,
        end_step=trial.end_step,
        parent=trial.parent if trial.HasField("parent") else None,
        digest=trial.digest,
        warm_start_uri=trial.warm_start_uri,
        warm_start_digest=trial.warm_start_digest,
    )
