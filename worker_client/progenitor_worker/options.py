"""What a study is made of beside its hyperparameters: metrics, and how members are compared, changed and stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .arguments import option

Value = float | int | str


@option
class Maximize:
    """A metric of which more is better. With several metrics, `weight` says how much each counts."""

    name: str
    weight: float | None = None


@option
class Minimize:
    """A metric of which less is better; `weight` as for Maximize."""

    name: str
    weight: float | None = None


@option
class InitialMember:
    """A member of the initial population; parameters that are not given are sampled.

    `warm_start` is a checkpoint's folder or its uri in the store, `start_step` the step at which it was saved.
    """

    parameters: Mapping[str, Value]
    warm_start: str | None = None
    start_step: int = 0


@dataclass(frozen=True, slots=True, init=False)
class Custom:
    """A plug-in, found by its name among those installed where the controller runs. `options` are JSON values.

    `configurations` is how many members it has, where it is a whole algorithm.
    """

    name: str
    configurations: int | None
    options: Mapping[str, object]

    def __init__(self, name: str, /, *, configurations: int | None = None, **options: object) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "configurations", configurations)
        object.__setattr__(self, "options", options)


@option
class InitiatorSelection:
    """Each finished trial is compared with one of its generation (or of the last two), the fitter goes on."""

    opponent_generations: int | None = None


@option
class TruncationSelection:
    """A member of the worst fraction goes on from one of the best fraction.

    `spare_improving` leaves who gained more per step in its last session than the one drawn: it is catching up.
    """

    fraction: float | None = None
    spare_improving: bool = False


@option
class BinaryTournamentSelection:
    """Each member is compared with another, the fitter goes on."""


@option
class TTestSelection:
    """A member yields to another whose last `window` evaluations are better by Welch's t-test."""

    significance: float | None = None
    window: int | None = None


@option
class NoSelection:
    """Every member goes on from its own weights."""


@option
class Mutation:
    """Numbers are multiplied by one of `factors`, or moved by a normal draw of `sigma` domain widths."""

    factors: Sequence[float] | None = None
    sigma: float | None = None
    resample_probability: float | None = None
    mutation_probability: float | None = None


@option
class GaussianProcessExploration:
    """A model of the newest `history` observations suggests what improves fastest (PB2).

    `pending` is what it assumes of trials that are still running.
    """

    history: int | None = None
    pending: Literal["mean", "optimistic", "pessimistic", "thompson_sampling"] | None = None


@option
class NoExploration:
    """Hyperparameters never change."""


@option
class SubPopulation:
    """The next `size` members, whose trials have a length of their own; left out, the study's."""

    size: int
    steps_per_trial: int | None = None


@option
class RandomSearch:
    """Instead of a population: so many sampled configurations, each trained to its end."""

    configurations: int


@option
class GridSearch:
    """Instead of a population: every combination of so many values of each parameter.

    They are spread evenly from `min` to `max`, on a log scale if the parameter has one; a Discrete and a Categorical
    have all of their values.
    """

    points_per_parameter: int


@option
class Hyperband:
    """Instead of a population: many configurations trained a little, the best 1 / `reduction_factor` of them further.

    And so on until `max_steps`, each going on from its checkpoint. `asynchronous` waits for no others before a
    configuration goes on: ASHA.
    """

    configurations: int
    reduction_factor: int | None = None
    asynchronous: bool = False


@option
class GaussianProcessBandit:
    """Instead of a population: configurations that a model of the earlier ones suggests."""

    configurations: int


@option
class CovarianceMatrixAdaptation:
    """Instead of a population: configurations drawn by CMA-ES."""

    configurations: int


@option
class MedianStopping:
    """Stops a trial whose best value is worse than the median of the others' averages up to the same step."""

    grace_steps: int = 0
    min_trials: int | None = None


@option
class PerformanceCurveStopping:
    """Stops a trial whose extrapolated last value comes up to the best one with less than `probability`."""

    grace_steps: int = 0
    probability: float | None = None
    min_trials: int | None = None


Selection = (
    InitiatorSelection
    | TruncationSelection
    | TTestSelection
    | BinaryTournamentSelection
    | NoSelection
    | Custom
)
Exploration = Mutation | GaussianProcessExploration | NoExploration | Custom
Search = RandomSearch | GridSearch | Hyperband | GaussianProcessBandit | CovarianceMatrixAdaptation | Custom
Stopping = MedianStopping | PerformanceCurveStopping | Custom
