"""Studies, trials and workers as tables, a row each."""

from collections.abc import Iterable, Iterator, Sequence

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import brief, short
from ..calls.values import parameters
from .failures import essence
from .progress import trial_summary
from .replayed import came_out
from .wording import cell, metrics, moment, number, seconds, size, study_state, table, trial_state


def studies_table(statuses: Iterable[pb.GetStudyStatusResponse]) -> str:
    heads = ("study", "state", "progress", "trials", "best", "created")
    return table(heads, map(study_cells, statuses))


def study_cells(status: pb.GetStudyStatusResponse) -> tuple[str, ...]:
    study = status.study
    best = ""
    if status.HasField("best_trial"):
        names = (metric.name for metric in study.effective_spec.metrics)
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


def trials_table(spec: study_pb2.StudySpec, trials: Sequence[trial_pb2.Trial]) -> str:
    """With the reason of each failure where there is one."""
    metric_names = [metric.name for metric in spec.metrics]
    parameter_names = [parameter.name for parameter in spec.parameters]
    heads = ("trial", "member", "generation", "state", "steps", "parent", *metric_names, *parameter_names)
    rows = [tuple(trial_cells(spec, trial)) for trial in trials]
    if any(trial.replays for trial in trials):
        heads = (*heads, "replays", "checkpoint")
        rows = [
            (*row, brief(trial.replays), came_out(trial)) for row, trial in zip(rows, trials, strict=True)
        ]
    if not any(trial.failure_message for trial in trials):
        return table(heads, rows)
    reasons = [(reason(trial),) for trial in trials]
    return table((*heads, "why"), [row + why for row, why in zip(rows, reasons, strict=True)])


def trial_cells(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> Iterator[str]:
    yield short(trial.name)
    yield f"{trial.member}{' control' if is_control(spec, trial) else ''}"
    yield str(trial.generation)
    yield trial_state(trial.state)
    reached = f" (at {trial.step})" if trial.step != trial.end_step else ""
    yield f"{steps_cell(trial.start_step + 1, trial.end_step)}{reached}"
    yield short(trial.parent)
    for metric in spec.metrics:
        yield (
            number(trial.measurement.metrics[metric.name]) if metric.name in trial.measurement.metrics else ""
        )
    values = parameters(spec, trial)
    for parameter in spec.parameters:
        yield cell(values[parameter.name]) if parameter.name in values else ""


def is_control(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> bool:
    """Of an effective specification: whether its member keeps what it began with."""
    return trial.member < spec.population_based_training.control_members


def is_pareto(spec: study_pb2.StudySpec) -> bool:
    """Of an effective specification: whether its best trials are several."""
    return spec.population_based_training.fitness == study_pb2.FITNESS_PARETO


def steps_cell(first: int, last: int) -> str:
    return str(last) if first == last else f"{first}…{last}"


def reason(trial: trial_pb2.Trial) -> str:
    """The first line of what is told of a failure: what was raised."""
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
    return "Checkpoints, in the study's store (DIR/checkpoints, if no --store was given):\n" + table(
        ("trial", "step", "size", "uri"), rows
    )
