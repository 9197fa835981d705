"""A study as a training file describes it. What is left out is left to the controller's defaults."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from inspect import signature
from typing import Literal

from progenitor.v1 import study_pb2 as pb

from .arguments import StudyError, need_count, need_list, need_whole, refuse_unknown
from .domains import Domain
from .options import (
    Exploration,
    InitialMember,
    Maximize,
    Minimize,
    Search,
    Selection,
    Stopping,
    SubPopulation,
    Value,
)
from .places import places_of
from .population_spec import to_population
from .search_spec import set_early_stopping, set_search
from .study_spec import to_budget, to_duration, to_member, to_metrics, to_parameters

Seconds = float | timedelta


class Study:
    """What to train: the metrics and hyperparameters, a population, and a budget.

    `steps_per_trial` is how far one short session trains (left out, sub-populations say it); `max_steps` how far every
    member trains in all. Durations are in seconds or a timedelta. Raises StudyError for what cannot be, naming the
    argument.
    """

    def __init__(
        self,
        *,
        metrics: Sequence[Maximize | Minimize],
        parameters: Mapping[str, Domain],
        steps_per_trial: int | None = None,
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
        fitness: Literal["weighted", "pareto"] | None = None,
        selection: Selection | None = None,
        exploration: Exploration | None = None,
        inheritance: Literal["weights_and_parameters", "weights"] | None = None,
        exploration_scope: Literal["every_child", "copies_only"] | None = None,
        crossover: float | None = None,
        start_after_members: int | None = None,
        synchronous: bool = False,
        sub_populations: Sequence[SubPopulation] | None = None,
        migration_interval: int | None = None,
        control_members: int | None = None,
        algorithm: Search | None = None,
        early_stopping: Stopping | None = None,
        **unknown: object,
    ) -> None:
        refuse_unknown("Study", unknown, ARGUMENTS)
        if name is not None and not isinstance(name, str):
            raise StudyError(f"name must be a string, it is {name!r}")
        self.name = name
        spec = pb.StudySpec(
            parameters=to_parameters(parameters),
            metrics=to_metrics(metrics),
            steps_per_trial=session_length(steps_per_trial, sub_populations),
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
            spec.max_failures_per_trial = need_count("max_failures_per_trial", max_failures_per_trial)
        population = {
            "population_size": population_size,
            "fitness": fitness,
            "selection": selection,
            "exploration": exploration,
            "inheritance": inheritance,
            "exploration_scope": exploration_scope,
            "crossover": crossover,
            "start_after_members": start_after_members,
            "synchronous": synchronous or None,
            "sub_populations": sub_populations,
            "migration_interval": migration_interval,
            "control_members": control_members,
        }
        if algorithm is None:
            made = to_population(population, spec.steps_per_trial)
            spec.population_based_training.CopyFrom(made)
            refuse_single_objective(spec)
        else:
            set_search(spec, algorithm)
            refuse_population(algorithm, population)
        for place, member in enumerate(need_list("initial_population", initial_population)):
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
        """How many members it has."""
        return places_of(self._spec)


def session_length(steps: object, sub_populations: object) -> int:
    """In steps; left out, that of the sub-population with the shortest sessions."""
    if steps is not None:
        return need_whole("steps_per_trial", steps, least=1)
    parts = [] if sub_populations is None else need_list("sub_populations", sub_populations)
    named = [part.steps_per_trial for part in parts if isinstance(part, SubPopulation)]
    lengths = [length for length in named if length is not None]
    if not lengths:
        raise StudyError("steps_per_trial is missing: how far one session trains, such as 500")
    return min(need_whole("the steps_per_trial of sub_populations", length, least=1) for length in lengths)


def refuse_single_objective(spec: pb.StudySpec) -> None:
    if spec.population_based_training.fitness == pb.FITNESS_PARETO and len(spec.metrics) < 2:
        raise StudyError('fitness="pareto" needs at least two metrics: leave it out')


def refuse_population(algorithm: Search, population: Mapping[str, object]) -> None:
    given = [name for name, value in population.items() if value is not None]
    if given:
        kind = type(algorithm).__name__
        raise StudyError(f"algorithm={kind}(…) has no population: leave out {', '.join(given)}")


ARGUMENTS = [name for name in signature(Study.__init__).parameters if name not in ("self", "unknown")]
