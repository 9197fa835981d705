"""Two controllers on one database, many calls at once."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.errors import DuplicateTrial
from progenitor_storage.model.trial import Worker

from .calls import LEASE, Name, completed, create_study, draft
from .test_counters import recount

GENERATIONS = 8
MEMBERS = 5
WORKERS = 8


@dataclass(frozen=True)
class Ask:
    study: str
    worker: Worker


def step(tx: Transaction, call: Ask) -> bool:
    """Completes what the worker holds and hands it the next trial; whether there was anything to do."""
    study = tx.studies.locked(call.study)
    held = tx.trials.held_by(study, call.worker.id)
    for trial in held:
        tx.trials.save(study, trial, completed(trial, float(trial.number % 3)))
    members = tx.members.count(study)
    if members < MEMBERS:
        trial = tx.trials.insert(study, draft(members))
    elif found := tx.members.due(study, GENERATIONS * 10, limit=1):
        due = found[0]
        trial = tx.trials.insert(
            study, draft(due.member, due.generation + 1, initiator=due.newest, start_step=due.reached)
        )
    else:
        return bool(held)
    assert tx.trials.claim(study, trial, call.worker, tx.now + LEASE) is not None
    return True


async def work(database: Database, study: str, worker: Worker) -> None:
    while await database.transact(step, Ask(study, worker)) or await busy(database, study):
        pass


async def busy(database: Database, study: str) -> bool:
    return await database.read(
        lambda snapshot, name: bool(snapshot.trials.held(snapshot.studies.get(name.study))), Name(study)
    )


def test_controllers_on_one_database_make_one_gapless_history(database_url: str) -> None:
    """Each place gets each generation once; every reader sees counters that fit the trials all the time."""

    async def watch(database: Database, study: str, working: asyncio.Future[list[None]]) -> None:
        while not working.done():
            await database.read(recount, Name(study))

    async def scenario() -> None:
        databases = [await Database.open(database_url) for _ in range(2)]
        for study in ("one", "two"):
            await databases[0].transact(create_study, Name(study))
        for study in ("one", "two"):
            working = asyncio.gather(
                *(work(databases[n % 2], study, Worker(f"w{n}")) for n in range(WORKERS))
            )
            await asyncio.gather(*(watch(database, study, working) for database in databases))
            await working
        for study in ("one", "two"):
            await databases[1].read(check, Name(study))
        for database in databases:
            await database.close()

    asyncio.run(scenario())


def check(snapshot: Snapshot, call: Name) -> None:
    recount(snapshot, call)
    study = snapshot.studies.get(call.study)
    trials = snapshot.trials.page(study, (), 0, 1000)
    assert Counter((trial.member, trial.generation) for trial in trials) == Counter(
        (member, generation) for member in range(MEMBERS) for generation in range(GENERATIONS)
    )
    assert all(trial.state.final for trial in trials)
    initiators = Counter(trial.initiator for trial in trials if trial.initiator)
    assert set(initiators.values()) == {1}


def test_of_controllers_that_decide_the_same_only_one_wins(database_url: str) -> None:
    async def scenario() -> None:
        databases = [await Database.open(database_url) for _ in range(2)]
        await databases[0].transact(create_study, Name("s"))

        def first(tx: Transaction, call: Name) -> int:
            return tx.trials.insert(tx.studies.locked(call.study), draft(0)).number

        outcomes = await asyncio.gather(
            *(databases[n % 2].transact(first, Name("s")) for n in range(10)), return_exceptions=True
        )
        assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1]
        assert sum(isinstance(outcome, DuplicateTrial) for outcome in outcomes) == 9
        for database in databases:
            await database.close()

    asyncio.run(scenario())
