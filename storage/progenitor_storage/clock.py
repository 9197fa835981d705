"""Time is the database's: machines' clocks disagree, and leases are compared across machines."""

from typing import Any

from sqlalchemy import Connection, Double, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class DatabaseTime(FunctionElement[float]):
    """Seconds since 1970 when it is evaluated (not when the transaction began)."""

    name = "database_time"
    inherit_cache = True
    type = Double()


@compiles(DatabaseTime, "sqlite")
def _sqlite(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    # unixepoch('subsec') is from SQLite 3.42; 2440587.5 is the Julian day of 1970-01-01.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseTime, "postgresql")
def _postgresql(_element: DatabaseTime, _compiler: SQLCompiler, **_options: Any) -> str:
    # now() is when the transaction began, which may be long before it got its lock.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


_NOW = select(DatabaseTime())


class Clock:
    """The time of one call, read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._now: float | None = None

    @property
    def now(self) -> float:
        if self._now is None:
            self._now = float(self._connection.execute(_NOW).scalar_one())
        return self._now

    def set(self, now: float) -> None:
        """Takes a time that another statement has read."""
        self._now = now
