"""What a worker tells whoever watches it: the live view, a log, a test."""

from __future__ import annotations  # enums have a ValueType for type checkers only

from collections.abc import Callable
from dataclasses import dataclass

from progenitor.v1 import study_pb2, trial_pb2


@dataclass(frozen=True, slots=True)
class TrialStarted:
    slot: int
    trial: trial_pb2.Trial


@dataclass(frozen=True, slots=True)
class StepReached:
    slot: int
    trial: str
    step: int


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """`outcome` as reported; OUTCOME_UNSPECIFIED for a trial that was lost to another worker."""

    slot: int
    trial: trial_pb2.Trial
    outcome: trial_pb2.Outcome.ValueType
    message: str
    log: str


@dataclass(frozen=True, slots=True)
class TrialDoubtful:
    """Its training went well, and yet something looks wrong: `check` is the doubt's short name."""

    slot: int
    trial: str
    check: str
    message: str


@dataclass(frozen=True, slots=True)
class ControllerLost:
    slot: int
    message: str


@dataclass(frozen=True, slots=True)
class ControllerFound:
    slot: int
    address: str


@dataclass(frozen=True, slots=True)
class SlotEnded:
    """`error` says why it cannot go on, or what it could not give back; else ''."""

    slot: int
    study_state: study_pb2.StudyState.ValueType
    error: str


Event = TrialStarted | StepReached | TrialEnded | TrialDoubtful | ControllerLost | ControllerFound | SlotEnded
Listener = Callable[[Event], None]
