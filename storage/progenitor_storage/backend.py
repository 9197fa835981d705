"""What the two databases do differently."""

from abc import ABC, abstractmethod
from typing import NoReturn

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .errors import StorageError, StorageUnavailable


class Backend(ABC):
    """Engines for calls that write and for calls that read, and what their errors mean.

    A transaction begun on `writers` is the only one that changes what its call locks; one on `readers` is a
    snapshot and refuses to write.
    """

    url: str
    writers: Engine
    readers: Engine
    writer_threads: int
    reader_threads: int

    @abstractmethod
    def queue_of(self, study: str) -> str:
        """Calls of one queue run one after the other and share transactions."""

    @abstractmethod
    def check(self) -> None:
        """Raises StorageUnavailable if the database is known to be gone."""

    @abstractmethod
    def lock_schema(self, connection: Connection) -> None:
        """Waits until no other process migrates the database; until the transaction ends."""

    @abstractmethod
    def meaning(self, error: DBAPIError) -> StorageError | None:
        """What a database's error is to a caller; None for one that only a mistake of ours can cause."""

    @abstractmethod
    def transient(self, error: Exception, connection: Connection) -> bool:
        """Whether a transaction that this error broke off before its commit may succeed if run again."""

    @abstractmethod
    def maybe_committed(self, error: Exception) -> bool:
        """Whether a COMMIT that ended in this error may have been done all the same."""

    def translated(self, error: Exception) -> Exception:
        """The error that a caller is to see, its cause chained."""
        meaning: StorageError | None = None
        if isinstance(error, DBAPIError):
            meaning = self.meaning(error)
        elif isinstance(error, (PendingRollbackError, PoolTimeout)):
            meaning = StorageUnavailable(
                "The connection to the database was lost, or none became free in time."
            )
        if meaning is None:
            return error
        meaning.__cause__ = error
        return meaning

    def refuse(self, error: Exception) -> NoReturn:
        """Raises what a caller is to see."""
        raise self.translated(error)

    def dispose(self) -> None:
        self.writers.dispose()
        self.readers.dispose()
