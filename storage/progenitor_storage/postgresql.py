"""PostgreSQL: studies are locked one by one, by their rows."""

from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from .backend import Backend
from .errors import StorageError, StorageFull, StorageUnavailable

WRITERS = 8
READERS = 4

_SCHEMA_LOCK = 0x70726F67656E  # "progen": known to every replica, and to nobody else who shares the server
_DISK_FULL = "53100"
_TRANSIENT = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_UNAVAILABLE = ("08", "25006", "42501", "53", "55P03", "57P", "57014", "58")  # beginnings of SQLSTATEs


class PostgreSQL(Backend):
    writer_threads = WRITERS
    reader_threads = READERS

    def __init__(self, url: URL, given: str) -> None:
        self.url = given
        self._name = url.render_as_string(hide_password=True)
        own = url.set(drivername="postgresql+psycopg")
        options: dict[str, Any] = {"max_overflow": 0}
        if "connect_timeout" not in url.query:
            options["connect_args"] = {"connect_timeout": 10}
        self.writers = create_engine(own, pool_size=WRITERS, isolation_level="READ COMMITTED", **options)
        reading = create_engine(own, pool_size=READERS, isolation_level="REPEATABLE READ", **options)
        self.readers = reading.execution_options(postgresql_readonly=True)
        event.listen(self.writers, "connect", _limit_waits)

    def queue_of(self, study: str) -> str:
        return study

    def check(self) -> None:
        """The server tells."""

    def lock_schema(self, connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def meaning(self, error: DBAPIError) -> StorageError | None:
        state = getattr(error.orig, "sqlstate", None)
        if state == _DISK_FULL:
            return StorageFull()
        lost = error.connection_invalidated or (state is None and _is_operational(error))
        if lost or state in _TRANSIENT or (state is not None and state.startswith(_UNAVAILABLE)):
            return StorageUnavailable(f"The database {self._name} cannot be used: {error.orig}.")
        return None

    def transient(self, error: Exception, connection: Connection) -> bool:
        if connection.invalidated:
            return True
        return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRANSIENT

    def maybe_committed(self, error: Exception) -> bool:
        return isinstance(error, DBAPIError) and error.connection_invalidated


def _is_operational(error: DBAPIError) -> bool:
    # psycopg raises these without a SQLSTATE where it cannot connect.
    return type(error).__name__ == "OperationalError"


def _limit_waits(connection: Any, _record: object) -> None:
    # A replica that hangs with a study locked must not stop the others for good.
    connection.execute("SET lock_timeout = '30s'")
    connection.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()
