"""A study's arguments as the controller takes them. Raises StudyError for what cannot be, naming the argument."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from progenitor.v1 import study_pb2 as pb

from .arguments import StudyError, need_number, need_whole
from .domains import Categorical, Discrete, Domain, Double, Integer
from .options import InitialMember, Maximize, Minimize

LONGEST = 315_576_000_000.0
"""Seconds, 10,000 years: what a duration on the wire can be."""


def to_budget(limits: Mapping[str, object], max_duration: object, target: object) -> pb.Budget:
    budget = pb.Budget()
    for name, steps in limits.items():
        if steps is not None:
            setattr(budget, name, need_whole(name, steps, least=1))
    if max_duration is not None:
        budget.max_duration.CopyFrom(to_duration("max_duration", max_duration))
    if target is not None:
        budget.target = need_number("target", target)
    if not budget.ListFields():
        raise StudyError(
            "a study needs a budget: max_steps, max_trials, max_total_steps, max_duration or target"
        )
    return budget


def to_parameters(parameters: object) -> list[pb.ParameterSpec]:
    if not isinstance(parameters, Mapping):
        raise StudyError(
            f'parameters must be a dict, as {{"lr": Double(1e-5, 0.1, log=True)}}, it is {parameters!r}'
        )
    specs = []
    for name, domain in parameters.items():
        if not isinstance(name, str) or not name or name == "session":
            raise StudyError(f"a parameter's name must be a string other than 'session', one is {name!r}")
        if not isinstance(domain, (Double, Integer, Discrete, Categorical)):
            raise StudyError(
                f"parameters[{name!r}] must be a Double, Integer, Discrete or Categorical, it is {domain!r}"
            )
        specs.append(domain.to_spec(name))
    return specs


def to_metrics(metrics: object) -> list[pb.MetricSpec]:
    if isinstance(metrics, (Maximize, Minimize)):
        metrics = [metrics]
    if isinstance(metrics, str) or not isinstance(metrics, Sequence) or not metrics:
        raise StudyError(f'metrics must be a list such as [Maximize("accuracy")], it is {metrics!r}')
    specs = []
    for metric in metrics:
        if not isinstance(metric, (Maximize, Minimize)):
            raise StudyError(f'each metric must be Maximize("name") or Minimize("name"), one is {metric!r}')
        if not metric.name or type(metric.name) is not str:
            raise StudyError(f"a metric's name must be a string, one is {metric.name!r}")
        goal = pb.GOAL_MAXIMIZE if isinstance(metric, Maximize) else pb.GOAL_MINIMIZE
        spec = pb.MetricSpec(name=metric.name, goal=goal)
        if metric.weight is not None:
            spec.weight = need_number(f"the weight of {metric.name}", metric.weight)
        specs.append(spec)
    return specs


def to_duration(argument: str, length: object) -> Duration:
    if isinstance(length, str):
        raise StudyError(f"{argument} must be a number of seconds or a timedelta, it is {length!r}")
    seconds = length.total_seconds() if isinstance(length, timedelta) else need_number(argument, length)
    nanoseconds = round(min(seconds, LONGEST + 1) * 1e9)
    if not 0 < nanoseconds <= LONGEST * 1e9:
        raise StudyError(f"{argument} must be more than 0 seconds and at most 10,000 years, it is {length!r}")
    duration = Duration()
    duration.FromNanoseconds(nanoseconds)
    return duration


def to_member(argument: str, member: object, parameters: Mapping[str, Domain]) -> pb.InitialMember:
    if isinstance(member, Mapping):
        member = InitialMember(member)
    if not isinstance(member, InitialMember):
        raise StudyError(f"{argument} must be a dict of parameters or an InitialMember, it is {member!r}")
    if not isinstance(member.parameters, Mapping):
        raise StudyError(f"{argument}.parameters must be a dict, they are {member.parameters!r}")
    message = pb.InitialMember(start_step=need_whole(f"{argument}.start_step", member.start_step, least=0))
    message.warm_start_uri = str(member.warm_start or "")
    for name, value in member.parameters.items():
        if name not in parameters:
            raise StudyError(f"{argument} names {name!r}, the study's parameters are {', '.join(parameters)}")
        message.parameters[name].CopyFrom(parameters[name].to_value(f"{argument}[{name!r}]", value))
    return message
