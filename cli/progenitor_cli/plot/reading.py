"""Reads what a picture shows: a few calls, however many trials the study has."""

from dataclasses import replace
from itertools import islice

from google.protobuf.duration_pb2 import Duration

from progenitor.v1 import study_pb2, trial_pb2

from ..calls.names import short
from ..calls.values import parameters
from ..client import Client
from ..errors import NothingToDraw, UnknownMetric
from ..text.wording import study_state, trial_state
from .records import PARTS, Kind, Parameter, Point, StudyData, Trial

MOST_CURVES = 100
"""Trials whose measurements are read in full, each by a call of its own: the winner's path, then first trials."""

COMPLETED = "completed"


def read(client: Client, study: str, metric: str | None = None) -> StudyData:
    """The study as it is now. Raises NothingToDraw, UnknownMetric, and what the client raises."""
    # Asked before the trials are listed, so that the best one is among them.
    status = client.get_study_status(study)
    spec = status.study.effective_spec
    wire = list(client.list_trials(status.study.name))
    name = spec.metrics[0].name if metric is None else known(metric, spec, wire)
    trials = tuple(trial_of(trial, spec, name) for trial in wire)
    if not any(trial.state == COMPLETED for trial in trials):
        raise NothingToDraw(
            f"{short(status.study.name)} has no completed trial yet, so there is nothing to draw: "
            "`progenitor status` says how far it is."
        )
    winner = int(short(status.best_trial.name)) if status.HasField("best_trial") else None
    data = StudyData(
        study=short(status.study.name),
        state=study_state(status.study.state),
        progress=status.progress,
        metric=name,
        minimized=any(m.name == name and m.goal == study_pb2.GOAL_MINIMIZE for m in spec.metrics),
        parameters=tuple(map(parameter_of, spec.parameters)),
        trials=trials,
        winner=winner,
        curves={},
        lost=seconds(status.lost),
    )
    return with_curves(client, status.study.name, data)


def known(metric: str, spec: study_pb2.StudySpec, trials: list[trial_pb2.Trial]) -> str:
    """The metric, if the study has it or a trial has reported it."""
    names = {m.name for m in spec.metrics} | {n for t in trials for n in t.measurement.metrics}
    if metric not in names:
        raise UnknownMetric(f"There is no metric {metric!r}: say one of {', '.join(sorted(names))}.")
    return metric


def with_curves(client: Client, study: str, data: StudyData) -> StudyData:
    """With all measurements of the winner's path, and of first trials, whose score before training is nowhere else."""
    first = (trial for trial in data.trials if trial.parent is None)
    wanted = dict.fromkeys(trial.number for trial in (*data.path, *first))
    curves = {n: curve(client, f"{study}/trials/{n}", data.metric) for n in islice(wanted, MOST_CURVES)}
    return replace(data, curves=curves)


def curve(client: Client, trial: str, metric: str) -> tuple[Point, ...]:
    measurements = client.list_measurements(trial)
    return tuple((found.step, found.metrics[metric]) for found in measurements if metric in found.metrics)


def trial_of(trial: trial_pb2.Trial, spec: study_pb2.StudySpec, metric: str) -> Trial:
    measured = trial.measurement
    return Trial(
        number=int(short(trial.name)),
        member=trial.member,
        generation=trial.generation,
        parent=int(short(trial.parent)) if trial.parent else None,
        state=trial_state(trial.state),
        start=trial.start_step,
        end=trial.end_step,
        reached=max(trial.step, trial.start_step),
        measured=(measured.step, measured.metrics[metric]) if metric in measured.metrics else None,
        parameters=parameters(spec, trial),
        preemptions=trial.preemptions,
        failures=trial.failures,
        seconds=tuple(seconds(getattr(trial.timing, part)) for part in PARTS),
    )


def parameter_of(spec: study_pb2.ParameterSpec) -> Parameter:
    match spec.WhichOneof("domain"):
        case "categorical_domain":
            return Parameter(spec.name, Kind.PLACES, spec.immutable, tuple(spec.categorical_domain.values))
        case "discrete_domain":
            return Parameter(spec.name, Kind.PLACES, spec.immutable, tuple(spec.discrete_domain.values))
        case "integer_domain":
            return Parameter(spec.name, kind_of(spec.integer_domain.scale), spec.immutable)
        case _:
            return Parameter(spec.name, kind_of(spec.double_domain.scale), spec.immutable)


def kind_of(scale: study_pb2.Scale.ValueType) -> Kind:
    return Kind.LOG if scale == study_pb2.SCALE_LOG else Kind.LINEAR


def seconds(length: Duration) -> float:
    return length.ToNanoseconds() / 1e9
