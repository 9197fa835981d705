"""What came out of a study: the best trial, its schedule, and each member's newest completed trial."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import number
from ..calls.study_calls import StudyCalls
from ..calls.values import Value, parameters


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps first … last of a lineage were trained with these hyperparameters; the metrics are those at the last."""

    first: int
    last: int
    parameters: dict[str, Value]
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Result:
    """`best` is None where no trial was completed with finite metrics."""

    status: pb.GetStudyStatusResponse
    best: trial_pb2.Trial | None
    schedule: tuple[Stretch, ...]
    population: tuple[trial_pb2.Trial, ...]
    store: Path

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.status.study.effective_spec.parameters)

    @property
    def metric_names(self) -> tuple[str, ...]:
        return tuple(metric.name for metric in self.status.study.effective_spec.metrics)


def result_of(client: StudyCalls, study: str, store: Path) -> Result:
    status = client.get_study_status(study)
    best = status.best_trial if status.HasField("best_trial") else None
    schedule = (
        () if best is None else tuple(stretches(status.study.effective_spec, client.list_lineage(best.name)))
    )
    return Result(status, best, schedule, newest_completed(client, study), store)


def stretches(spec: study_pb2.StudySpec, lineage: Iterable[trial_pb2.Trial]) -> Iterable[Stretch]:
    """Neighbours with equal hyperparameters are one."""
    current: Stretch | None = None
    for trial in lineage:
        values = parameters(spec, trial)
        metrics = dict(trial.measurement.metrics)
        if current is not None and current.parameters == values:
            current = Stretch(current.first, trial.end_step, values, metrics)
            continue
        if current is not None:
            yield current
        current = Stretch(trial.start_step + 1, trial.end_step, values, metrics)
    if current is not None:
        yield current


def newest_completed(client: StudyCalls, study: str) -> tuple[trial_pb2.Trial, ...]:
    """By member; a member that completed none is left out."""
    newest = list(client.list_population(study))
    if all(trial.state == trial_pb2.TRIAL_STATE_COMPLETED for trial in newest):
        return tuple(newest)
    found: dict[int, trial_pb2.Trial] = {}
    for trial in client.list_trials(study, [trial_pb2.TRIAL_STATE_COMPLETED]):
        if trial.member not in found or number(found[trial.member]) < number(trial):
            found[trial.member] = trial
    return tuple(found[member] for member in sorted(found))


def checkpoint_path(store: Path, checkpoint: trial_pb2.Checkpoint) -> str | None:
    """Absolute; None for a trial without a checkpoint."""
    if not checkpoint.uri:
        return None
    if checkpoint.uri.startswith("file://"):
        return unquote(urlsplit(checkpoint.uri).path)
    return str(store / checkpoint.uri)


def json_line(result: Result) -> str:
    """What `progenitor run --json` prints: valid JSON, so a metric that is not finite is null."""
    form = {
        "study": result.status.study.name,
        "best": None if result.best is None else trial_form(result, result.best),
        "population": [trial_form(result, trial) for trial in result.population],
    }
    return json.dumps(form, ensure_ascii=False, allow_nan=False)


def trial_form(result: Result, trial: trial_pb2.Trial) -> dict[str, object]:
    return {
        "trial": trial.name,
        "metrics": {
            name: value if math.isfinite(value) else None
            for name, value in sorted(trial.measurement.metrics.items())
        },
        "parameters": parameters(result.status.study.effective_spec, trial),
        "checkpoint": checkpoint_path(result.store, trial.checkpoint),
    }
