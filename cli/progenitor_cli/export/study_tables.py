"""A study's trials, measurements and schedules as tables of flat values, for other programs.

Trials and schedules have a column `parameter.NAME` for each hyperparameter and `metric.NAME` for each metric; of
measurements each row is one metric at one step. Times are in seconds, moments in UTC.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from progenitor.v1 import study_pb2, trial_pb2

from ..calls.names import number
from ..calls.study_calls import StudyCalls
from ..calls.values import all_whole, parameters
from ..text.result import newest_completed
from ..text.wording import trial_state

Cell = str | int | float | bool | datetime | None
Row = dict[str, Cell]
Kind = Literal["text", "whole", "number", "flag", "moment"]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are there whether or not there are rows; each row has all of them, in their order."""

    columns: dict[str, Kind]
    rows: Iterator[Row]


TRIAL_BEFORE: dict[str, Kind] = {
    "trial": "whole",
    "state": "text",
    "member": "whole",
    "generation": "whole",
    "parent": "whole",
    "second_parent": "whole",
    "initiator": "whole",
    "opponent": "whole",
    "start_step": "whole",
    "end_step": "whole",
    "step": "whole",
}
TRIAL_AFTER: dict[str, Kind] = {
    "seed": "whole",
    "failures": "whole",
    "preemptions": "whole",
    "failure_message": "text",
    "worker": "text",
    "host": "text",
    "wait_seconds": "number",
    "restore_seconds": "number",
    "train_seconds": "number",
    "evaluate_seconds": "number",
    "save_seconds": "number",
    "create_time": "moment",
    "start_time": "moment",
    "end_time": "moment",
    "checkpoint_uri": "text",
    "checkpoint_step": "whole",
    "checkpoint_bytes": "whole",
    "checkpoint_digest": "text",
}
MEASUREMENT: dict[str, Kind] = {
    "trial": "whole",
    "member": "whole",
    "generation": "whole",
    "step": "whole",
    "elapsed_seconds": "number",
    "metric": "text",
    "value": "number",
}
SCHEDULE: dict[str, Kind] = {
    "trial": "whole",
    "member": "whole",
    "best": "flag",
    "trained_by": "whole",
    "first_step": "whole",
    "last_step": "whole",
}


def trials_table(client: StudyCalls, study: study_pb2.Study) -> Table:
    return Table(
        {**TRIAL_BEFORE, **study_columns(study.effective_spec), **TRIAL_AFTER}, trial_rows(client, study)
    )


def measurements_table(client: StudyCalls, study: study_pb2.Study) -> Table:
    return Table(MEASUREMENT, measurement_rows(client, study))


def schedules_table(client: StudyCalls, study: study_pb2.Study) -> Table:
    return Table({**SCHEDULE, **study_columns(study.effective_spec)}, schedule_rows(client, study))


TABLES: dict[str, Callable[[StudyCalls, study_pb2.Study], Table]] = {
    "trials": trials_table,
    "measurements": measurements_table,
    "schedules": schedules_table,
}


def study_columns(spec: study_pb2.StudySpec) -> dict[str, Kind]:
    parameters_: dict[str, Kind] = {f"parameter.{entry.name}": kind_of(entry) for entry in spec.parameters}
    return {**parameters_, **{f"metric.{metric.name}": "number" for metric in spec.metrics}}


def kind_of(parameter: study_pb2.ParameterSpec) -> Kind:
    match parameter.WhichOneof("domain"):
        case "integer_domain":
            return "whole"
        case "categorical_domain":
            return "text"
        case _:
            return "whole" if all_whole(parameter) else "number"


def trial_rows(client: StudyCalls, study: study_pb2.Study) -> Iterator[Row]:
    """By number."""
    for trial in client.list_trials(study.name):
        yield trial_row(study.effective_spec, trial)


def trial_row(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> Row:
    return {
        "trial": number(trial),
        "state": trial_state(trial.state),
        "member": trial.member,
        "generation": trial.generation,
        "parent": number_of(trial.parent),
        "second_parent": number_of(trial.second_parent),
        "initiator": number_of(trial.initiator),
        "opponent": number_of(trial.opponent),
        "start_step": trial.start_step,
        "end_step": trial.end_step,
        "step": trial.step,
        **parameter_cells(spec, trial),
        **metric_cells(spec, trial),
        "seed": trial.seed,
        "failures": trial.failures,
        "preemptions": trial.preemptions,
        "failure_message": trial.failure_message or None,
        "worker": trial.worker.id or None,
        "host": trial.worker.host or None,
        "wait_seconds": seconds(trial.timing.wait),
        "restore_seconds": seconds(trial.timing.restore),
        "train_seconds": seconds(trial.timing.train),
        "evaluate_seconds": seconds(trial.timing.evaluate),
        "save_seconds": seconds(trial.timing.save),
        "create_time": moment(trial.create_time),
        "start_time": moment(trial.start_time) if trial.HasField("start_time") else None,
        "end_time": moment(trial.end_time) if trial.HasField("end_time") else None,
        "checkpoint_uri": trial.checkpoint.uri or None,
        "checkpoint_step": trial.checkpoint.step if trial.checkpoint.uri else None,
        "checkpoint_bytes": trial.checkpoint.size_bytes if trial.checkpoint.uri else None,
        "checkpoint_digest": trial.checkpoint.digest or None,
    }


def measurement_rows(client: StudyCalls, study: study_pb2.Study) -> Iterator[Row]:
    """By trial, step and metric."""
    for trial in client.list_trials(study.name):
        for measured in client.list_measurements(trial.name):
            for name, value in sorted(measured.metrics.items()):
                yield {
                    "trial": number(trial),
                    "member": trial.member,
                    "generation": trial.generation,
                    "step": measured.step,
                    "elapsed_seconds": seconds(measured.elapsed),
                    "metric": name,
                    "value": value,
                }


def schedule_rows(client: StudyCalls, study: study_pb2.Study) -> Iterator[Row]:
    """The lineage of each member's newest completed trial, and of the best one: a row for each stretch of steps.

    Steps first_step … last_step were trained by `trained_by` with these hyperparameters on the way to `trial`.
    """
    ends = {trial.name: trial for trial in newest_completed(client, study.name)}
    status = client.get_study_status(study.name)
    best = status.best_trial.name if status.HasField("best_trial") else ""
    if best:
        ends.setdefault(best, status.best_trial)
    for end in ends.values():
        lineage = list(client.list_lineage(end.name))
        lasts = [child.start_step for child in lineage[1:]] + [end.end_step]
        for ancestor, last in zip(lineage, lasts, strict=True):
            yield {
                "trial": number(end),
                "member": end.member,
                "best": end.name == best,
                "trained_by": number(ancestor),
                "first_step": ancestor.start_step + 1,
                "last_step": last,
                **parameter_cells(study.effective_spec, ancestor),
                **metric_cells(study.effective_spec, ancestor),
            }


def parameter_cells(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> Row:
    values = parameters(spec, trial)
    return {f"parameter.{parameter.name}": values.get(parameter.name) for parameter in spec.parameters}


def metric_cells(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> Row:
    values = trial.measurement.metrics
    return {f"metric.{m.name}": values.get(m.name) for m in spec.metrics}


def number_of(trial: str) -> int | None:
    return int(trial.rpartition("/")[2]) if trial else None


def seconds(length: Duration) -> float:
    return length.ToNanoseconds() / 1e9


def moment(time: Timestamp) -> datetime:
    return time.ToDatetime(UTC)
