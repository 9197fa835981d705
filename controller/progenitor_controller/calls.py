"""Calls, validated and without the wire."""

from dataclasses import dataclass
from enum import Enum

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.trial import Checkpoint, Measurement, Timing, Worker


class Outcome(Enum):
    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class TrialReport:
    """What a worker says about a trial; `field` is its path in the request, for messages."""

    field: str
    trial: int
    epoch: int
    step: int
    measurements: tuple[Measurement, ...]
    checkpoints: tuple[Checkpoint, ...]
    timing: Timing | None
    outcome: Outcome
    failure_message: str


@dataclass(frozen=True, slots=True)
class SuggestionCall:
    """`digest` tells a call sent again (the same body) from another one under the same sequence."""

    study: str
    reports: tuple[TrialReport, ...]
    k: int
    worker: Worker
    sequence: int
    deleted: tuple[str, ...]
    digest: bytes


@dataclass(frozen=True, slots=True)
class EarlyStoppingCall:
    study: str
    reports: tuple[TrialReport, ...]
    worker: Worker


@dataclass(frozen=True, slots=True)
class Creation:
    """A validated CreateStudy call; `seed` is drawn for a specification that gives none."""

    study: str
    spec: pb.StudySpec
    labels: dict[str, str]
    request_id: str
    seed: int


@dataclass(frozen=True, slots=True)
class StudyCall:
    """A call that needs nothing but the study's id."""

    study: str


@dataclass(frozen=True, slots=True)
class Update:
    """`budget` and `labels` are None where the mask leaves them alone."""

    study: str
    budget: pb.Budget | None
    labels: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class PinCall:
    study: str
    uri: str
