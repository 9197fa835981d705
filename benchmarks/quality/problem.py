"""What is searched: a problem, and what a study of it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from progenitor_storage.model.spec import InitialMember, Parameters, ParameterSpec

Weights = Any
"""Whatever a problem trains; never changed in place, as children share their parent's."""

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Trained:
    """After a session: the weights, the metrics that the search is told, and what they are without noise."""

    weights: Weights
    seen: tuple[float, ...]
    true: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """One member's session, in the order in which they ended. `total` counts the study's steps up to its end."""

    member: int
    start: int
    end: int
    total: int
    seen: tuple[float, ...]
    true: tuple[float, ...]


Train = Callable[[Weights, Parameters, int, int, Rng], Trained]
"""Trains steps start + 1 … end."""

Measure = Callable[[Sequence[Session]], float]
"""How good a study, or its beginning, is; greater is better."""


def best_seen(sessions: Sequence[Session]) -> float:
    """The true score of the session that was seen to be best: what a user would take home."""
    return max(sessions, key=lambda session: session.seen[0]).true[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """`metrics` are all maximized. `members` lineages are trained up to `max_steps`, `total_steps` all in all.

    The total is the same for all methods: who copies a member that is behind has to go that way again.
    """

    name: str
    about: str
    parameters: tuple[ParameterSpec, ...]
    members: int
    steps_per_trial: int
    max_steps: int
    weights: Weights
    train: Train
    seeds: int
    metrics: tuple[str, ...] = ("score",)
    initial_population: tuple[InitialMember, ...] = ()
    measure: Measure = best_seen

    @property
    def total_steps(self) -> int:
        return self.members * self.max_steps

    @property
    def sessions(self) -> int:
        """Of a study, about."""
        return self.total_steps // self.steps_per_trial
