"""What a study is made of beside its hyperparameters: metrics, and how members are compared, changed and stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = float | int | str


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
