"""Disks fill up, connections break, files vanish: nothing acknowledged is lost, nothing half is stored."""

import asyncio
import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text

from progenitor_storage import Database, Transaction
from progenitor_storage import sqlite as sqlite_backend
from progenitor_storage.errors import StorageFull, StorageUnavailable
from progenitor_storage.model.trial import Measurement

from .calls import Name, create_study, draft, locked, look, run
from .test_transactions import behind_a_gate, insert_one


@pytest.fixture
def postgresql(new_postgresql_database: Callable[[str], str], postgresql_template: str) -> Iterator[Database]:
    opened = asyncio.run(Database.open(new_postgresql_database(postgresql_template)))
    yield opened
    asyncio.run(opened.close())


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "progenitor.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = asyncio.run(Database.open(f"sqlite:///{path}"))
    yield opened
    asyncio.run(opened.close())


def insert_much(tx: Transaction, call: Name) -> int:
    """A trial, and more measurements than there is room for."""
    study = tx.studies.locked(call.study)
    trial = tx.trials.insert(study, draft(1000))
    measured = [Measurement(step, {"a" * 4000: 1.0}) for step in range(1000)]
    tx.measurements.merge(study, trial.number, 1, measured)
    return trial.number


def insert_much_and_shrug(tx: Transaction, call: Name) -> int:
    """User code that catches whatever is raised must not get half a call stored."""
    try:
        return insert_much(tx, call)
    except Exception:  # noqa: BLE001 - that is the point
        return tx.trials.insert(tx.studies.locked(call.study), draft(2000)).number


@pytest.mark.parametrize("greedy", [insert_much, insert_much_and_shrug])
def test_a_full_database_refuses_only_the_call_that_does_not_fit(
    sqlite: Database, greedy: Callable[[Transaction, Name], int]
) -> None:
    run(sqlite, lambda *_: None)
    with sqlite._backend.writers.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    event.listen(
        sqlite._backend.writers,
        "connect",
        lambda raw, _record: raw.execute(f"PRAGMA max_page_count = {pages + 50}"),
    )
    sqlite._backend.writers.dispose()
    outcomes = asyncio.run(
        behind_a_gate(sqlite, [insert_one(0), greedy, insert_one(1), greedy, insert_one(2)])
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1, 2, 3]
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, int)] in (
        [StorageFull] * 2,
        [StorageUnavailable] * 2,
    )
    stored = look(sqlite, lambda snapshot, study: snapshot.trials.page(study, (), 0, 99))
    assert [(trial.number, trial.member) for trial in stored] == [(1, 0), (2, 1), (3, 2)]


def test_a_disk_that_fills_up_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk's end; lifted, the same process goes on."""
    program = tmp_path / "fill.py"
    program.write_text(
        textwrap.dedent("""
        import asyncio, json, resource, sys
        from progenitor_storage import Database
        from progenitor_storage.errors import StorageUnavailable
        from tests.storage.calls import Name, create_study, draft

        def one(tx, call):
            study = tx.studies.locked(call.study)
            return tx.trials.insert(study, draft(study.trials)).number

        async def main(url):
            database = await Database.open(url)
            await database.transact(create_study, Name("s"))
            acknowledged, refused = [], []
            unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, unlimited[1]))
            while len(refused) < 20:
                results = await asyncio.gather(
                    *(database.transact(one, Name("s")) for _ in range(7)), return_exceptions=True
                )
                acknowledged += [result for result in results if isinstance(result, int)]
                refused += [type(result).__name__ for result in results if not isinstance(result, int)]
            before = len(acknowledged)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
            acknowledged += [await database.transact(one, Name("s")) for _ in range(5)]
            await database.close()
            told = {"before": before, "acknowledged": acknowledged, "refused": sorted(set(refused))}
            print(json.dumps(told))

        asyncio.run(main(sys.argv[1]))
        """)
    )
    url = f"sqlite:///{tmp_path / 'full.db'}"
    ran = subprocess.run(
        [sys.executable, str(program), url],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert set(told["refused"]) <= {"StorageFull", "StorageUnavailable"}
    assert told["before"] > 7
    assert told["acknowledged"] == list(range(1, len(told["acknowledged"]) + 1))

    async def reopened() -> list[int]:
        database = await Database.open(url)
        stored = await database.read(
            lambda snapshot, name: snapshot.trials.page(snapshot.studies.get(name.study), (), 0, 10**6),
            Name("s"),
        )
        await database.close()
        return [trial.number for trial in stored]

    assert asyncio.run(reopened()) == told["acknowledged"]


def test_a_killed_process_loses_nothing_that_was_acknowledged(database_url: str, tmp_path: Path) -> None:
    program = tmp_path / "insert.py"
    program.write_text(
        textwrap.dedent("""
        import asyncio, sys
        from progenitor_storage import Database
        from tests.storage.calls import Name, create_study, draft

        def one(tx, call):
            study = tx.studies.locked(call.study)
            return tx.trials.insert(study, draft(study.trials)).number

        async def acknowledge(database):
            while True:
                print(await database.transact(one, Name("s")), flush=True)

        async def main(url):
            database = await Database.open(url)
            await database.transact(create_study, Name("s"))
            await asyncio.gather(*(acknowledge(database) for _ in range(4)))

        asyncio.run(main(sys.argv[1]))
        """)
    )
    with subprocess.Popen(
        [sys.executable, str(program), database_url],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        acknowledged = [int(running.stdout.readline()) for _ in range(60)]
        running.kill()
        acknowledged += [int(line) for line in running.stdout.read().split()]
    database = asyncio.run(Database.open(database_url))
    stored = look(database, lambda snapshot, study: snapshot.trials.page(study, (), 0, 10**6))
    numbers = [trial.number for trial in stored]
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(acknowledged) <= set(numbers)
    assert look(database, lambda _, study: study.trials) == len(numbers)
    assert run(database, lambda tx, study: tx.trials.insert(study, draft(10**6)).number) == len(numbers) + 1
    asyncio.run(database.close())


def test_a_full_disk_of_the_server_refuses_only_the_call_that_meets_it(postgresql: Database) -> None:
    run(postgresql, lambda *_: None)
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("""
            CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$
        """)
        connection.execute(
            "CREATE TRIGGER full_disk BEFORE INSERT ON trials"
            " FOR EACH ROW WHEN (NEW.member = 13) EXECUTE FUNCTION full_disk()"
        )
    outcomes = asyncio.run(behind_a_gate(postgresql, [insert_one(0), insert_one(13), insert_one(1)]))
    assert [outcomes[0], type(outcomes[1]), outcomes[2]] == [1, StorageFull, 2]
    with pytest.raises(StorageFull):
        asyncio.run(postgresql.transact(insert_one(13), Name("s")))


def test_a_connection_that_broke_before_the_commit_costs_nothing(postgresql: Database) -> None:
    run(postgresql, lambda *_: None)
    runs: list[int] = []

    def break_once(place: int) -> Callable[[Transaction, Name], int]:
        def call(tx: Transaction, name: Name) -> int:
            study = tx.studies.locked(name.study)
            number = tx.trials.insert(study, draft(place)).number
            runs.append(place)
            if runs.count(place) == 1:
                pid = tx._connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
                with psycopg.connect(postgresql.url, autocommit=True) as other:
                    other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
            tx.studies.change(study, worked=1.0)
            return tx.trials.get(study, number).number

        return call

    assert asyncio.run(behind_a_gate(postgresql, [insert_one(0), break_once(1), insert_one(2)])) == [1, 2, 3]
    assert asyncio.run(postgresql.transact(break_once(3), Name("s"))) == 4
    assert runs == [1, 1, 3, 3]
    assert look(postgresql, lambda _, study: study.trials) == 4


def test_reading_goes_on_when_every_idle_connection_was_broken(postgresql: Database) -> None:
    run(postgresql, lambda *_: None)
    assert look(postgresql, lambda _, study: study.trials) == 0
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    asyncio.run(postgresql.ping())
    assert look(postgresql, lambda _, study: study.trials) == 0
    assert run(postgresql, lambda tx, study: tx.trials.insert(study, draft(0)).number) == 1


def test_a_commit_whose_answer_was_lost_is_neither_claimed_nor_run_again(postgresql: Database) -> None:
    run(postgresql, lambda *_: None)
    runs: list[int] = []

    def terminate(connection: object) -> None:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()  # type: ignore[attr-defined]  # Connection
        with psycopg.connect(postgresql.url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    def one(tx: Transaction, call: Name) -> int:
        runs.append(1)
        return tx.trials.insert(tx.studies.locked(call.study), draft(0)).number

    event.listen(postgresql._backend.writers, "commit", terminate)
    with pytest.raises(StorageUnavailable):
        asyncio.run(postgresql.transact(one, Name("s")))
    event.remove(postgresql._backend.writers, "commit", terminate)
    assert len(runs) == 1
    assert asyncio.run(postgresql.transact(insert_one(5), Name("s"))) in (1, 2)


def test_deadlocks_are_run_again(postgresql: Database) -> None:
    for name in ("one", "two"):
        asyncio.run(postgresql.transact(create_study, Name(name)))
    both_hold = threading.Barrier(2)
    runs: list[str] = []

    def cross(tx: Transaction, call: Name) -> int:
        first = tx.studies.locked(call.study)
        runs.append(call.study)
        if runs.count(call.study) == 1:
            both_hold.wait(30)
        second = tx.studies.locked("two" if call.study == "one" else "one")
        tx.trials.insert(second, draft(second.trials))
        return tx.trials.insert(first, draft(first.trials)).number

    async def scenario() -> None:
        await asyncio.gather(postgresql.transact(cross, Name("one")), postgresql.transact(cross, Name("two")))

    asyncio.run(scenario())
    assert len(runs) == 3
    assert look(postgresql, lambda _, study: study.trials, "one") == 2
    assert look(postgresql, lambda _, study: study.trials, "two") == 2


def test_a_server_that_became_read_only_is_unavailable(
    new_postgresql_database: Callable[[str], str], postgresql_template: str
) -> None:
    url = new_postgresql_database(postgresql_template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            f'ALTER DATABASE "{url.split("?")[0].rpartition("/")[2]}" SET default_transaction_read_only = on'
        )

    async def scenario() -> None:
        database = await Database.open(url)
        with pytest.raises(StorageUnavailable, match="read-only"):
            await database.transact(create_study, Name("s"))
        await database.close()

    asyncio.run(scenario())


def test_a_file_that_vanished_or_was_replaced_is_unavailable(sqlite: Database, tmp_path: Path) -> None:
    path = tmp_path / "progenitor.db"
    run(sqlite, lambda *_: None)
    kept = path.rename(tmp_path / "elsewhere.db")
    with pytest.raises(StorageUnavailable, match="is gone") as gone:
        run(sqlite, lambda *_: None)
    assert isinstance(gone.value.__cause__, FileNotFoundError)
    with pytest.raises(StorageUnavailable, match="is gone"):
        asyncio.run(sqlite.ping())
    path.write_bytes(b"")
    with pytest.raises(StorageUnavailable, match="was replaced"):
        asyncio.run(sqlite.ping())
    path.unlink()
    kept.rename(path)
    asyncio.run(sqlite.ping())
    assert run(sqlite, lambda tx, study: tx.trials.insert(study, draft(0)).number) == 1


def test_a_file_that_another_process_keeps_locked_is_unavailable_until_it_is_free(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_backend, "BUSY_SECONDS", 0.05)
    path = tmp_path / "locked.db"
    path.write_bytes(sqlite_template.read_bytes())

    def one(tx: Transaction, call: Name) -> str:
        return locked(tx, call.study).name

    async def scenario() -> None:
        patient, impatient = (
            await Database.open(f"sqlite:///{path}"),
            await Database.open(f"sqlite:///{path}"),
        )
        held, release = threading.Event(), threading.Event()

        def hold(_tx: Transaction, _call: Name) -> None:
            held.set()
            assert release.wait(30)

        holder = asyncio.create_task(patient.transact(hold, Name("s")))
        await asyncio.to_thread(held.wait, 30)
        refused = await asyncio.gather(
            *(impatient.transact(one, Name("s")) for _ in range(3)), return_exceptions=True
        )
        assert [type(error) for error in refused] == [StorageUnavailable] * 3
        assert "locked" in str(refused[0])
        release.set()
        await holder
        assert await impatient.transact(one, Name("s")) == "s"
        await patient.close()
        await impatient.close()

    asyncio.run(scenario())


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("this is a letter, not a database " * 100)
    with pytest.raises(StorageUnavailable, match="not a database"):
        asyncio.run(Database.open(f"sqlite:///{path}"))
    assert path.read_text().startswith("this is a letter")
