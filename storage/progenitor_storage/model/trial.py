"""One short training session of one member, its checkpoints and its measurements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .spec import Parameters


class TrialState(Enum):
    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    PREEMPTED = "preempted"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in FINAL

    @property
    def held(self) -> bool:
        """Whether a worker holds a lease on it."""
        return self in HELD


FINAL = frozenset({TrialState.COMPLETED, TrialState.STOPPED, TrialState.FAILED, TrialState.CANCELLED})
HELD = frozenset({TrialState.RUNNING, TrialState.STOPPING})
WAITING = frozenset({TrialState.PENDING, TrialState.PREEMPTED})


class StopCause(Enum):
    """Who asked a trial to stop: the stopping rule ends a lineage for good, a limit until it is raised."""

    NONE = ""
    RULE = "rule"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Worker:
    id: str
    host: str = ""
    code_digest: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    incarnation: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a trial. `expires` in seconds since 1970 by the database's clock."""

    worker: str
    expires: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a checkpoint lies. `digest` and `size` are empty for a warm start that the study was given."""

    uri: str
    step: int
    size: int = 0
    digest: str = ""
    deleted: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """Metrics at a step. `elapsed` in seconds of training of this trial so far."""

    step: int
    metrics: Mapping[str, float]
    elapsed: float = 0.0
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    wait: float = 0.0
    restore: float = 0.0
    train: float = 0.0
    evaluate: float = 0.0
    save: float = 0.0


@dataclass(frozen=True, slots=True)
class Trial:
    """Times in seconds since 1970 by the database's clock; 0 where it has not come to that.

    `epoch` is 0 until the first claim. `number` and `change` are given by storage. `contact` is when its
    holder claimed it or was last heard; `unsaved` the seconds worked since the newest checkpoint;
    `lost_in_row` the preemptions in a row by lost workers without a new step or checkpoint.
    """

    member: int
    generation: int
    parameters: Parameters
    seed: int
    start_step: int
    end_step: int
    state: TrialState = TrialState.PENDING
    number: int = 0
    change: int = 0
    parent: int | None = None
    second_parent: int | None = None
    """The other source of hyperparameters after a crossover."""
    initiator: int | None = None
    opponent: int | None = None
    warm_start: Checkpoint | None = None
    step: int = 0
    measurement: Measurement | None = None
    peak: Measurement | None = None
    """In a study with early stopping, the fittest measurement of this session, or of its configuration up to now."""
    checkpoint: Checkpoint | None = None
    fitness: float | None = None
    """Of a completed trial, greater is fitter; None if it is not finite."""
    front: bool = False
    """Whether no usable trial of a study of several objectives is better in all of them."""
    replays: str = ""
    """The trial that it repeats, by its name; `replayed_digest` is that of the checkpoint it should reach."""
    replayed_digest: str = ""
    epoch: int = 0
    lease: Lease | None = None
    worker: Worker | None = None
    failures: int = 0
    preemptions: int = 0
    lost_in_row: int = 0
    failure_message: str = ""
    stop_cause: StopCause = StopCause.NONE
    timing: Timing = Timing()
    unsaved: float = 0.0
    contact: float = 0.0
    create_time: float = 0.0
    start_time: float = 0.0
    end_time: float = 0.0

    @property
    def usable(self) -> bool:
        """Whether its weights can be inherited: completed, of finite fitness, its checkpoint not deleted."""
        return (
            self.state is TrialState.COMPLETED
            and self.fitness is not None
            and self.checkpoint is not None
            and not self.checkpoint.deleted
        )

    @property
    def reached(self) -> int:
        """The step up to which its lineage has been trained for good.

        A failed trial and one whose fitness is not finite have brought their lineage no further; one that the
        early stopping rule ended has used its steps; one that a limit stopped has them still to train.
        """
        if self.usable or self.stop_cause is StopCause.RULE:
            return self.end_step
        return self.start_step


@dataclass(frozen=True, slots=True)
class Candidate:
    """A usable trial, as much of it as a comparison of many needs. `metrics` are those at its end step."""

    number: int
    member: int
    generation: int
    end_step: int
    fitness: float
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a model learns from: what a session trained with, from which fitness to which.

    `start_fitness` is that of the trial whose weights it began with, None if that is not known; `fitness` is
    None while the trial is not completed. `metrics` are those at its end step, empty until then.
    """

    number: int
    member: int
    generation: int
    parent: int | None
    parameters: Parameters
    start_step: int
    end_step: int
    start_fitness: float | None
    fitness: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
