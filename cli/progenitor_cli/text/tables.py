"""Studies, trials and workers as tables, a row each."""

from collections.abc import Iterable, Iterator, Sequence

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import short
from .failures import essence
from .progress import trial_summary
from .wording import cell, metrics, moment, number, parameters, seconds, size, study_state, table, trial_state


def studies_table(statuses: Iterable[pb.GetStudyStatusResponse]) -> str:
    heads = ("study", "state", "progress", "trials", "best", "created")
    return table(heads, map(study_cells, statuses))


def study_cells(status: pb.GetStudyStatusResponse) -> tuple[str, ...]:
    study = status.study
    best = ""
    if status.HasField("best_trial"):
        names = (metric.name for metric in study.spec.metrics)
        best = metrics(status.best_trial.measurement.metrics, names)
    return (
        short(study.name),
        study_state(study.state),
        f"{status.progress:.0%}",
        trial_summary(status),
        best,
        moment(study.create_time),
    )


def workers_table(workers: Iterable[pb.WorkerStatus]) -> str:
    heads = ("worker", "host", "holds", "last contact")
    return table(heads, map(worker_cells, workers))


def worker_cells(status: pb.WorkerStatus) -> tuple[str, ...]:
    silent = status.since_last_call.ToNanoseconds() / 1e9
    held = ", ".join(f"trial {short(name)}" for name in status.trials) or "nothing"
    return status.worker.id, status.worker.host, held, f"{seconds(silent)} ago"


def trials_text(spec: study_pb2.StudySpec, trials: Sequence[trial_pb2.Trial]) -> str:
    return trials_table(
        trials,
        tuple(parameter.name for parameter in spec.parameters),
        tuple(metric.name for metric in spec.metrics),
    )


def trials_table(
    trials: Sequence[trial_pb2.Trial], parameter_names: tuple[str, ...], metric_names: tuple[str, ...]
) -> str:
    """With the reason of each failure where there is one."""
    heads = ("trial", "member", "generation", "state", "steps", "parent", *metric_names, *parameter_names)
    rows = [tuple(trial_cells(trial, parameter_names, metric_names)) for trial in trials]
    if not any(trial.failure_message for trial in trials):
        return table(heads, rows)
    reasons = [(reason(trial),) for trial in trials]
    return table((*heads, "why"), [row + why for row, why in zip(rows, reasons, strict=True)])


def trial_cells(
    trial: trial_pb2.Trial, parameter_names: tuple[str, ...], metric_names: tuple[str, ...]
) -> Iterator[str]:
    yield short(trial.name)
    yield str(trial.member)
    yield str(trial.generation)
    yield trial_state(trial.state)
    reached = f" (at {trial.step})" if trial.step != trial.end_step else ""
    yield f"{steps_cell(trial.start_step + 1, trial.end_step)}{reached}"
    yield short(trial.parent)
    for name in metric_names:
        yield number(trial.measurement.metrics[name]) if name in trial.measurement.metrics else ""
    values = parameters(trial, parameter_names)
    for name in parameter_names:
        yield cell(values[name]) if name in values else ""


def steps_cell(first: int, last: int) -> str:
    return str(last) if first == last else f"{first}…{last}"


def reason(trial: trial_pb2.Trial) -> str:
    """The last line of what is told of a failure, as Python's tracebacks end with what was raised."""
    lines = essence(trial.failure_message).strip().splitlines()
    return lines[0] if lines else ""


def checkpoints_text(trials: Iterable[trial_pb2.Trial]) -> str:
    """In the store, where each is."""
    rows = (
        (
            short(trial.name),
            str(trial.checkpoint.step),
            size(trial.checkpoint.size_bytes),
            trial.checkpoint.uri,
        )
        for trial in trials
    )
    return "Checkpoints, in the study's store:\n" + table(("trial", "step", "size", "uri"), rows)
