"""A study's arguments as the controller takes them. Raises StudyError for what cannot be, naming the argument."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration

from progenitor.v1 import study_pb2 as pb

from .domains import (
    INT32_MAX,
    Categorical,
    Discrete,
    Domain,
    Double,
    Integer,
    StudyError,
    need_flag,
    need_number,
    need_positive,
    need_whole,
)
from .options import (
    SELECTIONS,
    BinaryTournamentSelection,
    InitialMember,
    InitiatorSelection,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    NoSelection,
    RandomSearch,
    TruncationSelection,
)

LONGEST = 315_576_000_000.0
"""Seconds, 10,000 years: what a duration on the wire can be."""
INHERITANCES: dict[str, Any] = {
    "weights_and_parameters": pb.INHERITANCE_WEIGHTS_AND_PARAMETERS,
    "weights": pb.INHERITANCE_WEIGHTS,
}
SCOPES: dict[str, Any] = {
    "every_child": pb.EXPLORATION_SCOPE_EVERY_CHILD,
    "copies_only": pb.EXPLORATION_SCOPE_COPIES_ONLY,
}


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


def to_random_search(algorithm: object, population: Mapping[str, object]) -> pb.RandomSearch:
    if not isinstance(algorithm, RandomSearch):
        raise StudyError(f"algorithm must be RandomSearch(configurations=…) or left out, it is {algorithm!r}")
    given = [name for name, value in population.items() if value is not None]
    if given:
        raise StudyError(f"algorithm=RandomSearch(…) has no population: leave out {', '.join(given)}")
    count = need_whole("configurations", algorithm.configurations, least=1, most=INT32_MAX)
    return pb.RandomSearch(configurations=count)


def to_population(options: Mapping[str, Any]) -> pb.PopulationBasedTraining:
    if options["population_size"] is None:
        raise StudyError("population_size is missing: how many members train side by side, such as 8")
    population = pb.PopulationBasedTraining(
        population_size=need_whole("population_size", options["population_size"], least=1, most=INT32_MAX),
        synchronous=need_flag("synchronous", options["synchronous"] or False),
    )
    set_selection(population, options["selection"])
    set_exploration(population, options["exploration"])
    if options["inheritance"] is not None:
        population.inheritance = one_of("inheritance", options["inheritance"], INHERITANCES)
    if options["exploration_scope"] is not None:
        population.exploration_scope = one_of("exploration_scope", options["exploration_scope"], SCOPES)
    if options["start_after_members"] is not None:
        members = need_whole("start_after_members", options["start_after_members"], least=0, most=INT32_MAX)
        population.start_after_members = members
    return population


def listed(argument: str, values: object) -> Sequence[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise StudyError(f"{argument} must be a list, it is {values!r}")
    return values


def one_of(argument: str, value: object, allowed: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in allowed:
        raise StudyError(f"{argument} must be one of {', '.join(map(repr, allowed))}, it is {value!r}")
    return allowed[value]


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


def set_selection(population: pb.PopulationBasedTraining, selection: object) -> None:
    match selection:
        case None:
            return
        case InitiatorSelection(opponent_generations=generations):
            population.initiator.SetInParent()
            if generations is not None:
                count = need_whole("opponent_generations", generations, least=1, most=INT32_MAX)
                population.initiator.opponent_generations = count
        case TruncationSelection(fraction=fraction):
            population.truncation.SetInParent()
            if fraction is not None:
                population.truncation.fraction = need_positive("fraction", fraction)
        case BinaryTournamentSelection():
            population.binary_tournament.SetInParent()
        case NoSelection():
            population.no_selection.SetInParent()
        case _:
            names = ", ".join(kind.__name__ for kind in SELECTIONS)
            raise StudyError(f"selection must be one of {names}, it is {selection!r}")


def set_exploration(population: pb.PopulationBasedTraining, exploration: object) -> None:
    match exploration:
        case None:
            return
        case NoExploration():
            population.no_exploration.SetInParent()
        case Mutation(factors=factors, sigma=sigma):
            if factors is not None and sigma is not None:
                raise StudyError("Mutation takes factors or sigma, not both")
            population.mutation.SetInParent()
            if factors is not None:
                if not listed("Mutation(factors=…)", factors):
                    raise StudyError("Mutation(factors=…) must have at least one entry, or be left out")
                values = [need_positive("each of Mutation(factors=…)", factor) for factor in factors]
                population.mutation.factors.values.extend(values)
            if sigma is not None:
                population.mutation.sigma = need_positive("sigma", sigma)
            for name in ("resample_probability", "mutation_probability"):
                if (probability := getattr(exploration, name)) is not None:
                    setattr(population.mutation, name, need_number(name, probability))
        case _:
            raise StudyError(f"exploration must be Mutation(…) or NoExploration(), it is {exploration!r}")


def set_early_stopping(spec: pb.StudySpec, rule: object) -> None:
    if rule is None:
        return
    if not isinstance(rule, MedianStopping):
        raise StudyError(f"early_stopping must be MedianStopping(…) or left out, it is {rule!r}")
    spec.median_stopping.grace_steps = need_whole("grace_steps", rule.grace_steps, least=0)
    if rule.min_trials is not None:
        spec.median_stopping.min_trials = need_whole("min_trials", rule.min_trials, least=1, most=INT32_MAX)
