"""Calls that wait for the same lock share a transaction, and with it the wait for the disk."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Condition
from typing import Any

from sqlalchemy import Connection

from .backend import Backend
from .errors import StorageError, StorageUnavailable
from .transaction import Transaction

LARGEST_GROUP = 128
ATTEMPTS = 5
"""How often a call is run whose transaction was broken off before its commit."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of `Database.transact`. It may be run more than once, but only one run is ever committed."""

    work: Callable[[Transaction, Any], Any]
    argument: Any
    future: Future[Any] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Outcome:
    value: Any = None
    error: Exception | None = None

    def settle(self, call: Call) -> None:
        if self.error is None:
            call.future.set_result(self.value)
        else:
            call.future.set_exception(self.error)


class BrokenOff(Exception):
    """The transaction has ended before it could be committed; its calls can be run again."""


class Groups:
    """Queues of calls, in the order of their arrival; threads that run what waits in one as a group."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._changed = Condition()
        self._waiting: dict[str, deque[Call]] = {}
        self._closed = False
        self._threads = ThreadPoolExecutor(backend.writer_threads, "progenitor-storage-writer")

    def put(self, study: str, call: Call) -> None:
        queue = self._backend.queue_of(study)
        with self._changed:
            if self._closed:
                raise StorageUnavailable("The database was closed.")
            waiting = self._waiting.get(queue)
            if waiting is not None:
                waiting.append(call)
                return
            self._waiting[queue] = deque([call])
        self._threads.submit(self._run_next, queue)

    def close(self) -> None:
        """Waits until all that was put in has been run."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._waiting)
        self._threads.shutdown()

    def _run_next(self, queue: str) -> None:
        with self._changed:
            waiting = self._waiting[queue]
            group = [waiting.popleft() for _ in range(min(LARGEST_GROUP, len(waiting)))]
        try:
            self._run(group)
        except BaseException as error:  # noqa: BLE001 - each caller is told
            for call in group:
                if not call.future.done():
                    call.future.set_exception(error)
        with self._changed:
            if not self._waiting[queue]:
                del self._waiting[queue]
                self._changed.notify_all()
                return
        # Behind the other queues that wait for a thread.
        self._threads.submit(self._run_next, queue)

    def _run(self, group: Sequence[Call]) -> None:
        if len(group) > 1:
            try:
                self._settle(group, self._together(group))
            except BrokenOff:
                pass
            else:
                return
        for call in group:
            self._settle([call], [self._alone(call)])

    def _settle(self, group: Sequence[Call], outcomes: Sequence[Outcome]) -> None:
        for call, outcome in zip(group, outcomes, strict=True):
            outcome.settle(call)

    def _together(self, group: Sequence[Call]) -> list[Outcome]:
        try:
            connection = self._begun()
        except StorageError as error:
            return [Outcome(error=error)] * len(group)
        with connection:
            outcomes = [self._in_savepoint(connection, call) for call in group]
            try:
                connection.commit()
            except Exception as error:
                if not self._backend.maybe_committed(error):
                    raise BrokenOff from error
                return [Outcome(error=self._backend.translated(error))] * len(group)
        return outcomes

    def _in_savepoint(self, connection: Connection, call: Call) -> Outcome:
        try:
            connection.exec_driver_sql("SAVEPOINT call")
            try:
                value = _worked(connection, call)
            except Exception as error:
                if connection.invalidated or self._backend.transient(error, connection):
                    raise
                connection.exec_driver_sql("ROLLBACK TO SAVEPOINT call")
                connection.exec_driver_sql("RELEASE SAVEPOINT call")
                return Outcome(error=self._backend.translated(error))
            connection.exec_driver_sql("RELEASE SAVEPOINT call")
            return Outcome(value)
        except Exception as error:
            raise BrokenOff from error

    def _alone(self, call: Call) -> Outcome:
        for _ in range(ATTEMPTS):
            try:
                connection = self._begun()
            except StorageError as error:
                return Outcome(error=error)
            with connection:
                try:
                    value = _worked(connection, call)
                except Exception as error:  # noqa: BLE001 - its caller is told
                    outcome = Outcome(error=self._backend.translated(error))
                    if not self._backend.transient(error, connection):
                        return outcome
                    continue
                try:
                    connection.commit()
                except Exception as error:  # noqa: BLE001 - its caller is told
                    outcome = Outcome(error=self._backend.translated(error))
                    if self._backend.maybe_committed(error) or not self._backend.transient(error, connection):
                        return outcome
                    continue
                return Outcome(value)
        return outcome

    def _begun(self) -> Connection:
        try:
            self._backend.check()
            connection = self._backend.writers.connect()
        except Exception as error:  # noqa: BLE001 - raised again
            self._backend.refuse(error)
        try:
            connection.begin()
        except Exception as error:  # noqa: BLE001 - raised again
            connection.close()
            self._backend.refuse(error)
        return connection


def _worked(connection: Connection, call: Call) -> Any:
    transaction = Transaction(connection)
    value = call.work(transaction, call.argument)
    transaction.finish()
    return value
