"""The database as a service sees it: calls in, answers out, each a transaction."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from .backend import Backend
from .errors import StorageUnavailable, UnsupportedUrl
from .groups import Call, Groups
from .migrate import migrate
from .postgresql import PostgreSQL
from .sqlite import SQLite
from .transaction import Snapshot, Transaction


class OfStudy(Protocol):
    """An argument of a call: calls of one study run in the order in which they arrive."""

    @property
    def study(self) -> str: ...


C = TypeVar("C", bound=OfStudy)
C_read = TypeVar("C_read")
R = TypeVar("R")

_READ_ATTEMPTS = 3
_BACKENDS: dict[str, Callable[..., Backend]] = {
    "sqlite": SQLite,
    "sqlite+pysqlite": SQLite,
    "postgresql": PostgreSQL,
    "postgresql+psycopg": PostgreSQL,
}


class Database:
    """Made by `open`. Its methods may be called from any event loop."""

    def __init__(self, backend: Backend) -> None:
        self.url = backend.url
        self._backend = backend
        self._groups = Groups(backend)
        self._readers = ThreadPoolExecutor(backend.reader_threads, "progenitor-storage-reader")

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connects to `sqlite:///path` or `postgresql://user@host/database`; makes or upgrades its tables.

        Raises UnsupportedUrl, NewerSchema, StorageUnavailable.
        """
        backend = backend_of(url)
        try:
            await asyncio.to_thread(migrate, backend)
            await asyncio.to_thread(backend.check)
        except BaseException:
            backend.dispose()
            raise
        return cls(backend)

    async def transact(self, work: Callable[[Transaction, C], R], call: C) -> R:
        """Runs `work` in a transaction and returns its result once that is committed.

        Calls of one study that wait share a transaction, each in a savepoint: an error of `work` undoes only
        its own call. `work` runs in a thread, must do nothing but compute and use its transaction, and may be
        run again if the transaction breaks off. Cancelling the caller cancels neither `work` nor the commit.

        Raises what `work` raises, StorageUnavailable, StorageFull.
        """
        queued = Call(work, call)
        # A future that runs cannot be cancelled, so neither can the commit.
        queued.future.set_running_or_notify_cancel()
        self._groups.put(call.study, queued)
        result: R = await asyncio.wrap_future(queued.future)
        return result

    async def read(self, work: Callable[[Snapshot, C_read], R], call: C_read) -> R:
        """Runs `work` on one consistent state of the database, beside the calls that write.

        Raises what `work` raises, StorageUnavailable.
        """
        try:
            future = self._readers.submit(self._read, work, call)
        except RuntimeError as error:
            raise StorageUnavailable("The database was closed.") from error
        return await asyncio.wrap_future(future)

    async def ping(self) -> None:
        """Raises StorageUnavailable if the database does not answer."""
        await self.read(lambda snapshot, _: snapshot.now, None)

    async def close(self) -> None:
        """Refuses new calls, finishes those that wait, and lets the connections go."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._groups.close()
        self._readers.shutdown()
        self._backend.dispose()

    def _read(self, work: Callable[[Snapshot, Any], R], call: Any) -> R:
        for attempt in range(1, _READ_ATTEMPTS + 1):
            try:
                self._backend.check()
                with self._backend.readers.connect() as connection:
                    try:
                        with connection.begin():
                            return work(Snapshot(connection), call)
                    except Exception as error:
                        if attempt == _READ_ATTEMPTS or not self._backend.transient(error, connection):
                            raise
            except Exception as error:  # noqa: BLE001 - raised again
                self._backend.refuse(error)
        raise AssertionError("the last attempt returns or raises")


def backend_of(given: str) -> Backend:
    """Connects to nothing yet; raises UnsupportedUrl."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        raise UnsupportedUrl(given, "This is not a database's address") from error
    backend = _BACKENDS.get(url.drivername)
    if backend is None:
        raise UnsupportedUrl(given, f"Databases of the kind {url.drivername!r} are not supported")
    return backend(url, given)
