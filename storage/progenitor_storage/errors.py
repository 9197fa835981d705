"""What storage refuses or cannot do.

StorageError
├── StudyNotFound         no study of this name
├── StudyExists           the name is taken
├── TrialNotFound         the study has no trial of this number
├── DuplicateTrial        the place and generation, or the initiator's child, exists
├── LeaseLost             the trial is no longer this holder's
├── MeasurementConflict   another value under the same trial, epoch and step
├── TooManyMetrics        more metrics at one step than are kept
├── CheckpointNotFound    the study has no checkpoint of this uri
├── CheckpointConflict    another checkpoint under the same uri
├── UnsupportedUrl        not a database that progenitor knows
├── NewerSchema           the database was migrated by a later release
└── StorageUnavailable    locked, vanished, read-only, unreachable; the cause is chained
    └── StorageFull       no room left
"""

from sqlalchemy.exc import SQLAlchemyError


class StorageError(Exception):
    """The database refused or could not do what was asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__class__.__doc__)


class StudyNotFound(StorageError):
    """There is no such study."""

    def __init__(self, study: str) -> None:
        super().__init__(f"There is no study {study!r}.")
        self.study = study


class StudyExists(StorageError):
    """A study of this name exists already."""

    def __init__(self, study: str) -> None:
        super().__init__(f"A study {study!r} exists already.")
        self.study = study


class TrialNotFound(StorageError):
    """The study has no such trial."""

    def __init__(self, study: str, number: int) -> None:
        super().__init__(f"Study {study!r} has no trial {number}.")
        self.study = study
        self.number = number


class DuplicateTrial(StorageError):
    """This place has a trial of this generation already, or the initiator has its child."""

    def __init__(self, study: str, member: int, generation: int, initiator: int | None) -> None:
        child = "" if initiator is None else f", or trial {initiator} has initiated its child"
        super().__init__(
            f"Member {member} of study {study!r} has a trial of generation {generation} already{child}."
        )
        self.study = study
        self.member = member
        self.generation = generation
        self.initiator = initiator


class LeaseLost(StorageError):
    """The trial is no longer this holder's."""

    def __init__(self, study: str, number: int, epoch: int) -> None:
        super().__init__(f"Trial {number} of study {study!r} is no longer held under epoch {epoch}.")
        self.study = study
        self.number = number
        self.epoch = epoch


class MeasurementConflict(StorageError):
    """Another value is stored under the same trial, epoch, step and metric."""

    def __init__(self, number: int, step: int, metric: str, stored: float, reported: float) -> None:
        super().__init__(
            f"Trial {number} has {metric}={stored!r} at step {step} already, {reported!r} was reported now."
        )
        self.number = number
        self.step = step
        self.metric = metric
        self.stored = stored
        self.reported = reported


class TooManyMetrics(StorageError):
    """More metrics were reported at one step of a trial than are kept."""

    def __init__(self, number: int, step: int, most: int) -> None:
        super().__init__(f"Trial {number} has more than {most} metrics at step {step}.")
        self.number = number
        self.step = step


class CheckpointNotFound(StorageError):
    """The study has no checkpoint of this uri."""

    def __init__(self, study: str, uri: str) -> None:
        super().__init__(f"Study {study!r} has no checkpoint {uri!r}.")
        self.study = study
        self.uri = uri


class CheckpointConflict(StorageError):
    """Another checkpoint is registered under the same uri."""

    def __init__(self, study: str, uri: str) -> None:
        super().__init__(f"Study {study!r} has another checkpoint registered under {uri!r}.")
        self.study = study
        self.uri = uri


class UnsupportedUrl(StorageError):
    """The database must be given as sqlite:///path/to/file or postgresql://user@host/database."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"{problem}: {url!r}. {self.__class__.__doc__}")
        self.url = url


class NewerSchema(StorageError):
    """The database was written by a later release."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"The database has schema revision {found!r}, this release knows up to {known!r}: it was written "
            "by a later release. Upgrade progenitor, or give another database."
        )
        self.found = found
        self.known = known


class StorageUnavailable(StorageError):
    """The database cannot be used now: it is locked, gone, read-only or out of reach."""


class StorageFull(StorageUnavailable):
    """The database has no room left: nothing of this call was stored."""


def database_failed(error: Exception) -> bool:
    """Whether it comes from the database itself, so that the transaction it was raised in is to be left to fail."""
    return isinstance(error, SQLAlchemyError | StorageUnavailable)
