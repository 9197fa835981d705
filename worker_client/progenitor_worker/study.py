"""A study as a training file describes it. What is left out is left to the controller's defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from inspect import signature
from typing import Any, Literal

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

Value = float | int | str
Seconds = float | timedelta
LONGEST = 315_576_000_000.0
"""Seconds, 10,000 years: what a duration on the wire can be."""


@dataclass(frozen=True, slots=True)
class Maximize:
    """A metric of which more is better. With several metrics, `weight` says how much each counts."""

    name: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Minimize:
    """A metric of which less is better; `weight` as for Maximize."""

    name: str
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class InitialMember:
    """A member of the initial population; parameters that are not given are sampled.

    `warm_start` is a checkpoint's folder or its uri in the store, `start_step` the step at which it was saved.
    """

    parameters: Mapping[str, Value]
    warm_start: str | None = None
    start_step: int = 0


@dataclass(frozen=True, slots=True)
class InitiatorSelection:
    """Each finished trial is compared with one of its generation (or of the last two), the fitter goes on."""

    opponent_generations: int | None = None


@dataclass(frozen=True, slots=True)
class TruncationSelection:
    """A member of the worst fraction goes on from one of the best fraction."""

    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class BinaryTournamentSelection:
    """Each member is compared with another, the fitter goes on."""


@dataclass(frozen=True, slots=True)
class NoSelection:
    """Every member goes on from its own weights."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """Numbers are multiplied by one of `factors`, or moved by a normal draw of `sigma` domain widths."""

    factors: Sequence[float] | None = None
    sigma: float | None = None
    resample_probability: float | None = None
    mutation_probability: float | None = None


@dataclass(frozen=True, slots=True)
class NoExploration:
    """Hyperparameters never change."""


@dataclass(frozen=True, slots=True)
class RandomSearch:
    """Instead of a population: so many sampled configurations, each trained to its end."""

    configurations: int


@dataclass(frozen=True, slots=True)
class MedianStopping:
    """Stops a trial whose best value is worse than the median of the others' averages up to the same step."""

    grace_steps: int = 0
    min_trials: int | None = None


Selection = InitiatorSelection | TruncationSelection | BinaryTournamentSelection | NoSelection
SELECTIONS = (InitiatorSelection, TruncationSelection, BinaryTournamentSelection, NoSelection)


class Study:
    """What to train: the metrics and hyperparameters, a population, and a budget.

    `steps_per_trial` is how far one short session trains; `max_steps` how far every member trains in all. Durations
    are in seconds or a timedelta. Raises StudyError for what cannot be, naming the argument.
    """

    def __init__(
        self,
        *,
        metrics: Sequence[Maximize | Minimize],
        parameters: Mapping[str, Domain],
        steps_per_trial: int,
        population_size: int | None = None,
        max_steps: int | None = None,
        max_trials: int | None = None,
        max_total_steps: int | None = None,
        max_duration: Seconds | None = None,
        target: float | None = None,
        name: str | None = None,
        seed: int | None = None,
        lease_duration: Seconds | None = None,
        max_failures_per_trial: int | None = None,
        initial_population: Sequence[InitialMember | Mapping[str, Value]] = (),
        selection: Selection | None = None,
        exploration: Mutation | NoExploration | None = None,
        inheritance: Literal["weights_and_parameters", "weights"] | None = None,
        exploration_scope: Literal["every_child", "copies_only"] | None = None,
        start_after_members: int | None = None,
        synchronous: bool = False,
        algorithm: RandomSearch | None = None,
        early_stopping: MedianStopping | None = None,
        **unknown: object,
    ) -> None:
        refuse_unknown(unknown)
        if name is not None and not isinstance(name, str):
            raise StudyError(f"name must be a string, it is {name!r}")
        self.name = name
        spec = pb.StudySpec(
            parameters=to_parameters(parameters),
            metrics=to_metrics(metrics),
            steps_per_trial=need_whole("steps_per_trial", steps_per_trial, least=1),
            budget=to_budget(
                {"max_steps": max_steps, "max_trials": max_trials, "max_total_steps": max_total_steps},
                max_duration,
                target,
            ),
        )
        self.parameters = dict(parameters)
        if seed is not None:
            spec.seed = need_whole("seed", seed, least=0)
        if lease_duration is not None:
            spec.lease_duration.CopyFrom(to_duration("lease_duration", lease_duration))
        if max_failures_per_trial is not None:
            spec.max_failures_per_trial = need_whole(
                "max_failures_per_trial", max_failures_per_trial, least=1, most=INT32_MAX
            )
        population = {
            "population_size": population_size,
            "selection": selection,
            "exploration": exploration,
            "inheritance": inheritance,
            "exploration_scope": exploration_scope,
            "start_after_members": start_after_members,
            "synchronous": synchronous or None,
        }
        if algorithm is None:
            spec.population_based_training.CopyFrom(to_population(population))
        else:
            spec.random_search.CopyFrom(to_random_search(algorithm, population))
        for place, member in enumerate(listed("initial_population", initial_population)):
            spec.initial_population.append(to_member(f"initial_population[{place}]", member, parameters))
        set_early_stopping(spec, early_stopping)
        self._spec = spec

    def spec(self) -> pb.StudySpec:
        """As the controller takes it; defaults are not spelled out."""
        copy = pb.StudySpec()
        copy.CopyFrom(self._spec)
        return copy

    @property
    def metrics(self) -> tuple[str, ...]:
        """Their names, the first one is what `target` is about."""
        return tuple(metric.name for metric in self._spec.metrics)

    @property
    def places(self) -> int:
        """How many members train side by side."""
        if self._spec.WhichOneof("algorithm") == "random_search":
            return self._spec.random_search.configurations
        return self._spec.population_based_training.population_size


INHERITANCES: dict[str, Any] = {
    "weights_and_parameters": pb.INHERITANCE_WEIGHTS_AND_PARAMETERS,
    "weights": pb.INHERITANCE_WEIGHTS,
}
SCOPES: dict[str, Any] = {
    "every_child": pb.EXPLORATION_SCOPE_EVERY_CHILD,
    "copies_only": pb.EXPLORATION_SCOPE_COPIES_ONLY,
}


def refuse_unknown(unknown: Mapping[str, object]) -> None:
    known = [name for name in signature(Study.__init__).parameters if name not in ("self", "unknown")]
    for name in unknown:
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
        raise StudyError(f"Study has no argument {name!r}{hint}")


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
