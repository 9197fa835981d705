"""Studies, trials and what became of them, on SQLite and PostgreSQL."""

from .database import Database, OfStudy
from .errors import StorageError
from .transaction import Snapshot, Transaction

__all__ = ["Database", "OfStudy", "Snapshot", "StorageError", "Transaction"]
