"""Calls that wait share a transaction, and none knows of another."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import QueuePool

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.errors import StorageUnavailable
from progenitor_storage.model.study import Study
from progenitor_storage.tables import trials

from .calls import Name, create_study, draft, locked, look, run, train

WAIT = 30.0
"""Seconds until a test that waits in vain gives up."""


class Gate:
    """Something that waits until it is let through."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._open = threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(WAIT)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, WAIT)

    def open(self) -> None:
        self._open.set()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0)


@contextmanager
def commits_counted(database: Database) -> Iterator[list[object]]:
    commits: list[object] = []

    def count(connection: object) -> None:
        commits.append(connection)

    event.listen(database._backend.writers, "commit", count)
    try:
        yield commits
    finally:
        event.remove(database._backend.writers, "commit", count)


async def behind_a_gate(
    database: Database, calls: list[Callable[[Transaction, Name], object]]
) -> list[object | BaseException]:
    """The outcomes of calls that were all waiting when the call before them ended."""
    gate = Gate()
    first = asyncio.create_task(database.transact(lambda _tx, _call: gate.wait(), Name("s")))
    await gate.reached()
    waiting = [asyncio.create_task(database.transact(call, Name("s"))) for call in calls]
    await until(lambda: len(database._groups._waiting[database._backend.queue_of("s")]) == len(calls))
    gate.open()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


def insert_one(place: int) -> Callable[[Transaction, Name], object]:
    return lambda tx, call: tx.trials.insert(tx.studies.locked(call.study), draft(place)).number


def fail(tx: Transaction, call: Name) -> object:
    study = tx.studies.locked(call.study)
    train(tx, study, draft(100))
    tx.studies.change(study, worked=99.0)
    raise ValueError("on purpose")


def violate(tx: Transaction, call: Name) -> object:
    study = tx.studies.locked(call.study)
    train(tx, study, draft(200))
    row = dict.fromkeys((column.name for column in trials.c), 0)
    return tx._connection.execute(insert(trials), {**row, "study": study.key, "number": 1, "change": 10**6})


def test_calls_that_wait_share_a_transaction_in_the_order_of_their_arrival(database: Database) -> None:
    run(database, lambda *_: None)
    with commits_counted(database) as commits:
        outcomes = asyncio.run(behind_a_gate(database, [insert_one(place) for place in range(20)]))
    assert outcomes == list(range(1, 21))
    assert len(commits) == 2, "one of the call before, one of the group"


def test_a_call_that_fails_hurts_no_other_and_leaves_nothing(database: Database) -> None:
    run(database, lambda tx, study: tx.trials.insert(study, draft(50)))
    outcomes = asyncio.run(
        behind_a_gate(database, [insert_one(0), fail, insert_one(1), violate, insert_one(2), fail])
    )
    assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [2, 3, 4]
    assert isinstance(outcomes[1], ValueError)
    assert isinstance(outcomes[3], IntegrityError)
    assert isinstance(outcomes[5], ValueError)
    stored = look(database, lambda snapshot, study: snapshot.trials.page(study, (), 0, 99))
    assert [(trial.number, trial.member) for trial in stored] == [(1, 50), (2, 0), (3, 1), (4, 2)]
    study = look(database, lambda _, study: study)
    assert (study.trials, study.members, study.change, study.worked) == (4, 4, 4, 0.0)


def test_a_call_that_fails_alone_leaves_nothing(database: Database) -> None:
    before = run(database, lambda _, study: study)
    with pytest.raises(ValueError, match="on purpose"):
        asyncio.run(database.transact(fail, Name("s")))
    with pytest.raises(IntegrityError):
        run(database, lambda tx, study: [tx.trials.insert(study, draft(0)), violate(tx, Name("s"))])
    assert look(database, lambda _, study: study) == before
    assert look(database, lambda snapshot, study: snapshot.trials.page(study, (), 0, 99)) == []


def test_nothing_is_answered_nor_seen_before_the_commit(database: Database) -> None:
    before = run(database, lambda _, study: study)
    gate = Gate()

    async def scenario() -> None:
        call = asyncio.create_task(
            database.transact(lambda tx, name: train(tx, tx.studies.locked(name.study), draft(0)), Name("s"))
        )
        await gate.reached()
        seen = await database.read(lambda snapshot, name: snapshot.studies.get(name.study), Name("s"))
        assert not call.done()
        assert seen == before
        gate.open()
        await call

    def hold(_connection: object) -> None:
        gate.wait()

    event.listen(database._backend.writers, "commit", hold)
    asyncio.run(scenario())
    assert look(database, lambda _, study: study.trials) == 1


def test_a_snapshot_stays_as_it_was_while_others_write(database: Database) -> None:
    run(database, lambda *_: None)
    gate = Gate()

    def count_twice(snapshot: Snapshot, call: Name) -> list[int]:
        counts = []
        for wait in (gate.wait, lambda: None):
            study = snapshot.studies.get(call.study)
            counts += [study.trials, len(snapshot.trials.page(study, (), 0, 99))]
            wait()
        return counts

    async def scenario() -> list[int]:
        reading = asyncio.create_task(database.read(count_twice, Name("s")))
        await gate.reached()
        await database.transact(insert_one(0), Name("s"))
        gate.open()
        return await reading

    assert asyncio.run(scenario()) == [0, 0, 0, 0]
    assert look(database, lambda _, study: study.trials) == 1


def test_a_cancelled_caller_s_call_is_committed_all_the_same(database: Database) -> None:
    run(database, lambda *_: None)
    gate = Gate()

    def wait_and_insert(tx: Transaction, call: Name) -> int:
        gate.wait()
        return tx.trials.insert(tx.studies.locked(call.study), draft(0)).number

    async def scenario() -> None:
        running = asyncio.create_task(database.transact(wait_and_insert, Name("s")))
        await gate.reached()
        queued = asyncio.create_task(database.transact(insert_one(1), Name("s")))
        await until(lambda: bool(database._groups._waiting[database._backend.queue_of("s")]))
        running.cancel()
        queued.cancel()
        for cancelled in (running, queued):
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        gate.open()
        assert await database.transact(insert_one(2), Name("s")) == 3

    asyncio.run(scenario())
    stored = look(database, lambda snapshot, study: snapshot.trials.page(study, (), 0, 9))
    assert [trial.member for trial in stored] == [0, 1, 2]


def test_closing_finishes_what_waits_and_refuses_what_comes(database_url: str) -> None:
    async def scenario() -> None:
        database = await Database.open(database_url)
        await database.transact(create_study, Name("s"))
        gate = Gate()
        first = asyncio.create_task(database.transact(lambda _tx, _call: gate.wait(), Name("s")))
        await gate.reached()
        waiting = [asyncio.create_task(database.transact(insert_one(place), Name("s"))) for place in range(5)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
        await until(lambda: database._groups._closed)
        with pytest.raises(StorageUnavailable, match="closed"):
            await database.transact(insert_one(9), Name("s"))
        gate.open()
        await first
        assert await asyncio.gather(*waiting) == [1, 2, 3, 4, 5]
        await closing
        with pytest.raises(StorageUnavailable, match="closed"):
            await database.ping()
        reopened = await Database.open(database_url)
        assert (await reopened.read(lambda s, name: s.studies.get(name.study), Name("s"))).trials == 5
        await reopened.close()

    asyncio.run(scenario())


def test_a_snapshot_refuses_to_be_written(database: Database) -> None:
    run(database, lambda *_: None)

    def write(snapshot: Snapshot, study: Study) -> None:
        snapshot.measurements._connection.execute(trials.delete())

    with pytest.raises(StorageUnavailable, match=r"read-?only"):
        look(database, write)


def test_now_is_one_time_per_call_and_never_before_an_earlier_holder_of_the_lock(database_url: str) -> None:
    async def scenario() -> None:
        one, other = await Database.open(database_url), await Database.open(database_url)
        await one.transact(create_study, Name("s"))
        gate = Gate()

        def hold(tx: Transaction, call: Name) -> None:
            tx.studies.locked(call.study)
            gate.wait()

        def times(tx: Transaction, call: Name) -> tuple[float, float]:
            tx.studies.locked(call.study)
            return tx.now, tx.now

        holder = asyncio.create_task(one.transact(hold, Name("s")))
        await gate.reached()
        waiter = asyncio.create_task(other.transact(times, Name("s")))
        deadline = time.monotonic() + WAIT
        while not await one.read(waits, other):
            assert time.monotonic() < deadline
        released = await one.read(lambda snapshot, _: snapshot.now, None)
        gate.open()
        await holder
        first, second = await waiter
        assert first == second >= released
        await one.close()
        await other.close()

    def waits(snapshot: Snapshot, other: Database) -> bool:
        """Whether the other's call has begun, and on PostgreSQL waits for the row."""
        if other.url.startswith("sqlite"):
            pool = other._backend.writers.pool
            assert isinstance(pool, QueuePool)
            return pool.checkedout() == 1
        waiting = snapshot._connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(waiting.scalar_one())

    asyncio.run(scenario())


def test_calls_of_many_studies_run_side_by_side(database: Database) -> None:
    async def scenario() -> list[int]:
        calls = [Name(f"s{index % 12}") for index in range(240)]

        def one(tx: Transaction, call: Name) -> int:
            return tx.trials.insert(locked(tx, call.study), draft(tx.studies.get(call.study).trials)).number

        return await asyncio.gather(*(database.transact(one, call) for call in calls))

    assert sorted(asyncio.run(scenario())) == sorted(list(range(1, 21)) * 12)


def test_a_call_may_change_two_studies(database: Database) -> None:
    def both(tx: Transaction, call: Name) -> None:
        for name in ("one", "two"):
            study = locked(tx, name)
            tx.trials.insert(study, replace(draft(0), seed=study.key))

    asyncio.run(database.transact(both, Name("one")))
    assert look(database, lambda _, study: study.trials, "one") == 1
    assert look(database, lambda _, study: study.trials, "two") == 1
