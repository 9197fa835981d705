"""What a study asks for, as decisions read it: every default is spelled out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

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
    """The worst fraction goes on from the best fraction (Jaderberg et al. 2017)."""

    fraction: float


@dataclass(frozen=True, slots=True)
class BinaryTournamentSelection:
    """The fitter of the initiator and one drawn member (Jaderberg et al. 2017)."""


@dataclass(frozen=True, slots=True)
class NoSelection:
    """Every member goes on from its own weights."""


Selection = InitiatorSelection | TruncationSelection | BinaryTournamentSelection | NoSelection


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


Exploration = Mutation | NoExploration


class Inheritance(Enum):
    WEIGHTS_AND_PARAMETERS = "weights and parameters"
    WEIGHTS = "weights"


class ExplorationScope(Enum):
    EVERY_CHILD = "every child"
    COPIES_ONLY = "copies only"


@dataclass(frozen=True, slots=True)
class PopulationBasedTraining:
    population_size: int
    selection: Selection
    exploration: Exploration
    inheritance: Inheritance
    exploration_scope: ExplorationScope
    start_after_members: int
    synchronous: bool


@dataclass(frozen=True, slots=True)
class RandomSearch:
    configurations: int


Algorithm = PopulationBasedTraining | RandomSearch


@dataclass(frozen=True, slots=True)
class MedianStopping:
    grace_steps: int
    min_trials: int


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
    stopping: MedianStopping | None

    @property
    def places(self) -> int:
        """How many members the study has."""
        match self.algorithm:
            case PopulationBasedTraining(population_size=size):
                return size
            case RandomSearch(configurations=size):
                return size
