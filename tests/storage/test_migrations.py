"""New, current and newer databases."""

import asyncio

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, column, create_engine, inspect, select, table, update
from sqlalchemy.engine.interfaces import ReflectedIndex

from progenitor_storage import Database
from progenitor_storage.errors import NewerSchema, StorageUnavailable, UnsupportedUrl
from progenitor_storage.migrate import VERSION_TABLE
from progenitor_storage.tables import REVISION, metadata

from .calls import Name, create_study

VERSIONS = table(VERSION_TABLE, column("version_num"))


def engine_of(url: str) -> Engine:
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"))


def conditions_of(index: ReflectedIndex) -> dict[str, str]:
    return {option: str(value) for option, value in index.get("dialect_options", {}).items()}


def shape_of(engine: Engine) -> dict[str, object]:
    """Columns, keys and indexes of every table, as the database tells them."""
    inspector = inspect(engine)
    return {
        name: {
            "columns": [{**column, "type": repr(column["type"])} for column in inspector.get_columns(name)],
            "primary key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign keys": inspector.get_foreign_keys(name),
            "unique": inspector.get_unique_constraints(name),
            "indexes": [
                {**index, "dialect_options": conditions_of(index)} for index in inspector.get_indexes(name)
            ],
        }
        for name in sorted(inspector.get_table_names())
        if name != VERSION_TABLE
    }


def test_the_newest_migration_is_the_revision_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", "progenitor_storage:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_migrations_make_the_tables_that_statements_are_built_from(
    new_database_url: str, database_url: str
) -> None:
    declared, migrated = engine_of(new_database_url), engine_of(database_url)
    try:
        metadata.create_all(declared)
        assert shape_of(declared) == shape_of(migrated)
    finally:
        declared.dispose()
        migrated.dispose()


def test_replicas_that_open_a_new_database_together_all_succeed(new_database_url: str) -> None:
    async def scenario() -> None:
        opened = await asyncio.gather(*(Database.open(new_database_url) for _ in range(4)))
        await opened[0].transact(create_study, Name("s"))
        for database in opened:
            study = await database.read(lambda snapshot, name: snapshot.studies.get(name.study), Name("s"))
            assert study.name == "s"
            await database.close()

    asyncio.run(scenario())


def test_a_database_from_a_newer_release_is_refused_and_left_as_it_is(database_url: str) -> None:
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(update(VERSIONS).values(version_num="9999"))
    with pytest.raises(NewerSchema, match=f"'9999'.*'{REVISION}'") as refused:
        asyncio.run(Database.open(database_url))
    assert (refused.value.found, refused.value.known) == ("9999", REVISION)
    with engine.connect() as connection:
        assert connection.execute(select(VERSIONS)).scalar_one() == "9999"
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://host/db", "nonsense", "sqlite://", "sqlite:///:memory:", ""])
def test_an_address_of_no_known_kind_is_refused_with_the_ones_that_are_known(url: str) -> None:
    with pytest.raises(UnsupportedUrl, match="sqlite:///path/to/file or postgresql://"):
        asyncio.run(Database.open(url))


@pytest.mark.parametrize(
    "url", ["sqlite:////nonexistent/folder/file.db", "postgresql://nobody@/nothing?host=/nonexistent"]
)
def test_a_database_that_cannot_be_reached_is_unavailable(url: str) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be used") as refused:
        asyncio.run(Database.open(url))
    assert refused.value.__cause__ is not None
