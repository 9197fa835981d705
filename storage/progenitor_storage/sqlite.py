"""SQLite: one writer, readers beside it (WAL)."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from .backend import Backend
from .errors import StorageError, StorageFull, StorageUnavailable, UnsupportedUrl

BUSY_SECONDS = 10.0
"""How long a call waits for another process that writes."""

READERS = 4

_BEGIN_IMMEDIATE = "BEGIN IMMEDIATE"

_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOTADB,
    }
)


class SQLite(Backend):
    writer_threads = 1
    reader_threads = READERS

    def __init__(self, url: URL, given: str) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise UnsupportedUrl(given, "A SQLite database must be a file")
        self.url = given
        self._file = Path(url.database).absolute()
        self._identity: tuple[int, int] | None = None
        options: dict[str, Any] = {
            "poolclass": QueuePool,
            "max_overflow": 0,
            # isolation_level None: sqlite3 begins no transaction of its own, the events below do.
            "connect_args": {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False},
        }
        own = url.set(database=str(self._file))
        self.writers = create_engine(own, pool_size=1, **options)
        self.readers = create_engine(own, pool_size=READERS, **options)
        event.listen(self.writers, "connect", _prepare_writer)
        event.listen(self.readers, "connect", _prepare_reader)
        event.listen(self.writers, "begin", _begin_immediate)
        event.listen(self.readers, "begin", _begin)
        event.listen(self.writers, "handle_error", _end_with_transaction)

    def queue_of(self, study: str) -> str:  # noqa: ARG002 - all share the one writer
        return ""

    def check(self) -> None:
        # Writing to a file that was removed succeeds, and nobody will ever read it.
        try:
            stat = self._file.stat()
        except OSError as error:
            if self._identity is None:
                return
            raise StorageUnavailable(f"The database {self._file} is gone.") from error
        if self._identity is None:
            self._identity = (stat.st_dev, stat.st_ino)
        elif self._identity != (stat.st_dev, stat.st_ino):
            raise StorageUnavailable(f"The database {self._file} was replaced while it was in use.")

    def lock_schema(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE did."""

    def meaning(self, error: DBAPIError) -> StorageError | None:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is None:
            return None
        if code & 0xFF == sqlite3.SQLITE_FULL:
            return StorageFull()
        if code & 0xFF in _UNAVAILABLE:
            return StorageUnavailable(f"The database {self._file} cannot be used: {error.orig}.")
        return None

    def transient(self, error: Exception, connection: Connection) -> bool:  # noqa: ARG002 - none is
        return False

    def maybe_committed(self, error: Exception) -> bool:  # noqa: ARG002 - the file tells
        return False


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    _enter_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _enter_wal(connection: sqlite3.Connection) -> None:
    # The busy handler is not asked where two processes enter WAL mode at the same time.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)
        else:
            return


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql(_BEGIN_IMMEDIATE)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _end_with_transaction(context: ExceptionContext) -> None:
    """A connection whose transaction was rolled back by the error (a full disk does it) is given up.

    Otherwise the statements that follow would each be committed by itself.
    """
    if context.connection is None or context.statement == _BEGIN_IMMEDIATE:
        return
    raw: Any = context.connection.connection.dbapi_connection
    if raw is not None and not raw.in_transaction:
        context.is_disconnect = True
