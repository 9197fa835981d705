"""What one call sees of the database: a module per kind of record, all on the call's connection."""

from sqlalchemy import Connection

from .candidates import Candidates
from .checkpoints import Checkpoints
from .clock import Clock
from .finished import Finished
from .ledger import Ledgers
from .measurements import Measurements
from .members import Members
from .observations import Observations
from .replays import Replays
from .studies import Studies
from .trials import Trials
from .workers import Workers


class Snapshot:
    """One consistent state of the database, to be read; writing to it is refused by the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._clock = Clock(connection)
        self._ledgers = Ledgers()
        self.studies = Studies(connection, self._clock, self._ledgers)
        self.members = Members(connection, self._ledgers)
        self.trials = Trials(connection, self._clock, self._ledgers, self.members)
        self.candidates = Candidates(connection)
        self.observations = Observations(connection)
        self.measurements = Measurements(connection)
        self.finished = Finished(connection)
        self.replays = Replays(connection)
        self.checkpoints = Checkpoints(connection, self.trials)
        self.workers = Workers(connection, self._clock)

    @property
    def now(self) -> float:
        """Seconds since 1970 by the database's clock, the same throughout the call.

        On PostgreSQL read after the study's lock was taken.
        """
        return self._clock.now


class Transaction(Snapshot):
    """A call's own part of a transaction: all of it is stored, or nothing."""

    def finish(self) -> None:
        """Writes what the call changed of its study's row."""
        self._ledgers.write(self._connection)
