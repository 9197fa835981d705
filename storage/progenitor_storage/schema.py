"""Which revision a database's tables have, and bringing them to this release's."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from .database import backend_of
from .migrate import check_known, migrate, revision
from .tables import REVISION


@dataclass(frozen=True, slots=True)
class Schema:
    """`found` is the database's revision, None if it has no tables; `newest` is this release's."""

    found: str | None
    newest: str

    @property
    def current(self) -> bool:
        return self.found == self.newest


def schema_of(url: str) -> Schema:
    """Makes and changes nothing. Raises UnsupportedUrl, NewerSchema, StorageUnavailable."""
    backend = backend_of(url)
    try:
        if _is_missing_file(url):
            return Schema(None, REVISION)
        with backend.readers.connect() as connection:
            found = revision(connection)
        check_known(found)
    except Exception as error:  # noqa: BLE001 - raised again
        backend.refuse(error)
    finally:
        backend.dispose()
    return Schema(found, REVISION)


def upgrade(url: str) -> Schema:
    """Makes or upgrades the tables; gives what it found before. Raises as `schema_of` does."""
    backend = backend_of(url)
    try:
        return Schema(migrate(backend), REVISION)
    finally:
        backend.dispose()


def _is_missing_file(url: str) -> bool:
    # SQLite would make the file that it is asked to read.
    parts = make_url(url)
    return parts.get_backend_name() == "sqlite" and not Path(parts.database or "").exists()
