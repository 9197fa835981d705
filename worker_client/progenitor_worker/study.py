"""A study as a training file describes it. What is left out is left to the controller's defaults."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from inspect import signature
from typing import Literal

from progenitor.v1 import study_pb2 as pb

from .domains import INT32_MAX, Domain, StudyError, need_whole
from .options import (
    InitialMember,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    RandomSearch,
    Selection,
    Value,
)
from .study_spec import (
    listed,
    set_early_stopping,
    to_budget,
    to_duration,
    to_member,
    to_metrics,
    to_parameters,
    to_population,
    to_random_search,
)

Seconds = float | timedelta


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


def refuse_unknown(unknown: Mapping[str, object]) -> None:
    known = [name for name in signature(Study.__init__).parameters if name not in ("self", "unknown")]
    for name in unknown:
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
        raise StudyError(f"Study has no argument {name!r}{hint}")
