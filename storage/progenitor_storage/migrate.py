"""Brings a database to this release's tables."""

from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from .backend import Backend
from .errors import NewerSchema
from .tables import REVISION

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "progenitor_schema"
"""Holds the revision; a name of our own, as others who use Alembic may share a PostgreSQL database."""

_one_at_a_time = Lock()
"""Alembic keeps its context in a module: one upgrade in this process at a time, whatever the database."""

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def migrate(backend: Backend) -> str | None:
    """Makes or upgrades the tables, once if several processes do; gives the revision found, None if it was new.

    Raises NewerSchema, StorageUnavailable.
    """
    try:
        with backend.writers.connect() as connection:
            if revision(connection) == REVISION:
                return REVISION
        with backend.writers.begin() as connection:
            backend.lock_schema(connection)
            return _upgrade(connection)
    except Exception as error:  # noqa: BLE001 - raised again
        backend.refuse(error)


def revision(connection: Connection) -> str | None:
    """The revision that the database has; None if it is new."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def check_known(found: str | None) -> None:
    """Raises NewerSchema for a revision that this release does not have."""
    if found in {None, REVISION}:
        return
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as below

    if found not in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}:
        raise NewerSchema(found, REVISION)


def _upgrade(connection: Connection) -> str | None:
    # Imported here as it takes longer than all else, and most databases are up to date when they are opened.
    from alembic import command  # noqa: PLC0415 - as said

    found = revision(connection)
    check_known(found)
    config = _config()
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, REVISION)
    return found


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "progenitor_storage:migrations")
    return config
