"""A study and its counters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .trial import TrialState, Worker


class StudyState(Enum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Study:
    """A study's row. `spec` and `effective_spec` are bytes that storage does not look into.

    Counters are kept by storage in the same transaction as what they count. Times in seconds since 1970 by
    the database's clock, durations in seconds.
    """

    name: str
    uid: str
    spec: bytes
    effective_spec: bytes
    key: int = 0
    """The primary key, given by storage; trials refer to it."""
    state: StudyState = StudyState.ACTIVE
    state_message: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    create_time: float = 0.0
    update_time: float = 0.0
    paused_at: float = 0.0
    """When it was paused; 0 if it is not."""
    ended_at: float = 0.0
    """When it was completed, cancelled or failed; 0 if it was not. An ended study's clock stands still."""
    paused_total: float = 0.0
    """Time that does not count as elapsed: earlier pauses and the time between an end and going on."""

    trials: int = 0
    """Trials created, which is also the newest number."""
    members: int = 0
    """Places that have had a trial."""
    change: int = 0
    counts: Mapping[TrialState, int] = field(default_factory=dict)
    total_steps: int = 0
    worked: float = 0.0
    lost: float = 0.0
    best_first_metric: float | None = None
    """The best value of the first metric that a completed trial had; None before the first."""


@dataclass(frozen=True, slots=True)
class Member:
    """A place in the population: its newest trial, and what its reproduction rests on."""

    member: int
    newest: int
    """Number of its newest trial."""
    generation: int
    """Of its newest trial."""
    final: bool
    """Whether its newest trial is final: then a reproduction may be due."""
    reached: int
    """`Trial.reached` of its newest trial once that is final, else that trial's start step."""
    due: int
    """The change number at which its newest trial became final, 0 before: the oldest is decided first."""
    fallbacks: int = 0
    """Children in a row that were made because their initiator had failed, since this place's last usable trial."""
    closed: bool = False
    """No further trial fills this place: it failed too often, or its algorithm has ended it."""
    newest_final: int | None = None
    """Number of its newest final trial."""
    newest_usable: int | None = None
    """Number of its newest trial whose weights can be inherited (`Trial.usable`)."""


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    worker: Worker
    last_contact: float
    """Seconds since 1970 by the database's clock."""
    trials: tuple[int, ...]
    """Numbers of the trials that it holds."""


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """The newest answer that a worker was given, by which a call sent again is known."""

    incarnation: int
    """The newest heard of, whose sequence and answer these are."""
    sequence: int = 0
    digest: bytes = b""
    answer: bytes = b""
    """Empty if nothing but heartbeats was heard from this incarnation."""
    complete: bool = True
    """Whether the call was answered; else its reports are recorded, and the answer holds what it was given so far."""
