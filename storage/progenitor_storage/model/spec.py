"""What a study asks for, as decisions read it: every default is spelled out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any

Value = float | int | str
"""A hyperparameter's value: float in double and discrete domains, int in integer, str in categorical ones."""

Parameters = Mapping[str, Value]


class Scale(Enum):
    LINEAR = "linear"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class DoubleDomain:
    """Numbers from `min` to `max`, both inclusive; `min` is positive on a log scale."""

    min: float
    max: float
    scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True)
class IntegerDomain:
    """Whole numbers from `min` to `max`, both inclusive; `min` is positive on a log scale."""

    min: int
    max: int
    scale: Scale = Scale.LINEAR


@dataclass(frozen=True, slots=True)
class DiscreteDomain:
    """Strictly increasing numbers; mutation moves to a neighbour."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CategoricalDomain:
    """Unordered, distinct strings; mutation resamples."""

    values: tuple[str, ...]


Domain = DoubleDomain | IntegerDomain | DiscreteDomain | CategoricalDomain


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """An `immutable` parameter is sampled once, then that of the parent whose weights are inherited."""

    name: str
    domain: Domain
    immutable: bool = False


class Goal(Enum):
    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


@dataclass(frozen=True, slots=True)
class MetricSpec:
    name: str
    goal: Goal
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class InitialMember:
    """A member of the initial population; parameters that are not given are sampled."""

    parameters: Parameters
    warm_start_uri: str = ""
    start_step: int = 0
    warm_start_digest: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Zero means no limit. `max_duration` in seconds; `target` is a value of the first metric."""

    max_steps: int = 0
    max_trials: int = 0
    max_total_steps: int = 0
    max_duration: float = 0.0
    target: float | None = None


@dataclass(frozen=True, slots=True)
class InitiatorSelection:
    """The fitter of the initiator and one drawn opponent of the last 1 or 2 generations (Li et al. 2019)."""

    opponent_generations: int


@dataclass(frozen=True, slots=True)
class TruncationSelection:
    """The worst fraction goes on from the best fraction (Jaderberg et al. 2017).

    `spare_improving`: but not who gained more per step than the one drawn.
    """

    fraction: float
    spare_improving: bool = False


@dataclass(frozen=True, slots=True)
class BinaryTournamentSelection:
    """The fitter of the initiator and one drawn member (Jaderberg et al. 2017)."""


@dataclass(frozen=True, slots=True)
class TTestSelection:
    """Yields to a drawn member whose last `window` evaluations are better by Welch's t-test (Jaderberg et al. 2017)."""

    significance: float
    window: int


@dataclass(frozen=True, slots=True)
class NoSelection:
    """Every member goes on from its own weights."""


@dataclass(frozen=True, slots=True)
class Custom:
    """A plug-in, found by its name among those installed. `options` are JSON values, as the study gave them.

    `configurations` is how many members a whole algorithm has; elsewhere it is 0.
    """

    name: str
    options: Mapping[str, Any]
    configurations: int = 0


Selection = (
    InitiatorSelection
    | TruncationSelection
    | TTestSelection
    | BinaryTournamentSelection
    | NoSelection
    | Custom
)


@dataclass(frozen=True, slots=True)
class Factors:
    """Multiplies a number by one of these."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sigma:
    """Adds a normal draw of this standard deviation, in units of the domain's width on its scale."""

    value: float


@dataclass(frozen=True, slots=True)
class Mutation:
    step: Factors | Sigma
    resample_probability: float
    mutation_probability: float


@dataclass(frozen=True, slots=True)
class NoExploration:
    """A child has exactly the hyperparameters that it inherits."""


class PendingTrials(Enum):
    """What a model assumes of trials that are still running."""

    MEAN = "mean"
    OPTIMISTIC = "optimistic"
    PESSIMISTIC = "pessimistic"
    THOMPSON_SAMPLING = "thompson sampling"


@dataclass(frozen=True, slots=True)
class GaussianProcessExploration:
    """Suggests what a model of the newest `history` observations expects to improve fastest (PB2)."""

    history: int
    pending: PendingTrials


Exploration = Mutation | GaussianProcessExploration | NoExploration | Custom


class Inheritance(Enum):
    WEIGHTS_AND_PARAMETERS = "weights and parameters"
    WEIGHTS = "weights"


class ExplorationScope(Enum):
    EVERY_CHILD = "every child"
    COPIES_ONLY = "copies only"


class Fitness(Enum):
    WEIGHTED = "weighted"
    PARETO = "pareto"


@dataclass(frozen=True, slots=True)
class SubPopulation:
    """The next `size` members, whose sessions have a length of their own."""

    size: int
    steps_per_trial: int


@dataclass(frozen=True, slots=True)
class PopulationBasedTraining:
    """`crossover` is the probability with which each mutable parameter comes from a second parent; 0: none.

    Without `sub_populations` all members are one population. Every `migration_interval` generations (0: never)
    the fittest of a sub-population replaces the least fit of the next. The first `control_members` are not replaced.
    """

    population_size: int
    selection: Selection
    exploration: Exploration
    inheritance: Inheritance
    exploration_scope: ExplorationScope
    start_after_members: int
    synchronous: bool
    fitness: Fitness = Fitness.WEIGHTED
    crossover: float = 0.0
    sub_populations: tuple[SubPopulation, ...] = ()
    migration_interval: int = 0
    control_members: int = 0


@dataclass(frozen=True, slots=True)
class RandomSearch:
    configurations: int


@dataclass(frozen=True, slots=True)
class GridSearch:
    """Every combination of `points_per_parameter` values of each parameter; a categorical one has all of its values."""

    points_per_parameter: int


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Trains many configurations a little and 1 / `reduction_factor` of them further; `asynchronous` is ASHA."""

    reduction_factor: int
    configurations: int
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class GaussianProcessBandit:
    configurations: int


@dataclass(frozen=True, slots=True)
class CovarianceMatrixAdaptation:
    configurations: int


@dataclass(frozen=True, slots=True)
class ReplayedTrial:
    """A trial of another study that is trained again. `number` and `parent` are its and its parent's number there.

    `digest` is that of the checkpoint that it registered at its end, which the new one is compared with.
    """

    number: int
    member: int
    generation: int
    parameters: Parameters
    seed: int
    start_step: int
    end_step: int
    parent: int | None = None
    digest: str = ""
    warm_start_uri: str = ""
    warm_start_digest: str = ""


@dataclass(frozen=True, slots=True)
class Replay:
    """Trains the `closure` again, parents first. By number; `study` is the id of the study that they are of."""

    closure: tuple[ReplayedTrial, ...]
    study: str = ""


Algorithm = (
    PopulationBasedTraining
    | RandomSearch
    | GridSearch
    | Hyperband
    | GaussianProcessBandit
    | CovarianceMatrixAdaptation
    | Replay
    | Custom
)


@dataclass(frozen=True, slots=True)
class MedianStopping:
    grace_steps: int
    min_trials: int


@dataclass(frozen=True, slots=True)
class PerformanceCurveStopping:
    """`probability` is that of reaching the best final value below which a trial is stopped."""

    grace_steps: int
    probability: float
    min_trials: int


Stopping = MedianStopping | PerformanceCurveStopping | Custom


@dataclass(frozen=True, slots=True)
class Spec:
    """The effective specification of a study. `lease_duration` in seconds; steps count along the lineage."""

    parameters: tuple[ParameterSpec, ...]
    metrics: tuple[MetricSpec, ...]
    steps_per_trial: int
    budget: Budget
    seed: int
    lease_duration: float
    max_failures_per_trial: int
    initial_population: tuple[InitialMember, ...]
    algorithm: Algorithm
    stopping: Stopping | None

    @property
    def places(self) -> int:
        """How many members the study has."""
        match self.algorithm:
            case PopulationBasedTraining(population_size=size):
                return size
            case GridSearch(points):
                return prod(points_of(parameter.domain, points) for parameter in self.parameters)
            case Replay(closure):
                return len({trial.member for trial in closure})
            case algorithm:
                return algorithm.configurations


def points_of(domain: Domain, points: int) -> int:
    """How many values of a domain a grid of so many points has: all of a discrete or a categorical one."""
    match domain:
        case DiscreteDomain(values) | CategoricalDomain(values):
            return len(values)
        case IntegerDomain(low, high):
            return min(points, high - low + 1)
        case DoubleDomain(low, high):
            return points if low < high else 1
