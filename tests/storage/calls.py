"""Small calls that tests of storage are made of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.errors import StudyNotFound
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint, Trial, TrialState, Worker

R = TypeVar("R")

WORKER = Worker("host-0", host="host", code_digest="sha256:1", versions={"python": "3.11"}, incarnation=7)
OTHER = Worker("host-1", host="host", incarnation=1)
LEASE = 60.0


@dataclass(frozen=True)
class Name:
    study: str


def create_study(tx: Transaction, call: Name) -> Study:
    return tx.studies.create(
        Study(name=call.study, uid=f"uid of {call.study}", spec=b"\0s", effective_spec=b"\xffe")
    )


def locked(tx: Transaction, name: str) -> Study:
    """The study, which is created if there is none."""
    try:
        return tx.studies.locked(name)
    except StudyNotFound:
        return create_study(tx, Name(name))


def run(database: Database, work: Callable[[Transaction, Study], R], study: str = "s") -> R:
    """The result of one call on the locked study, committed."""
    return asyncio.run(database.transact(lambda tx, name: work(tx, locked(tx, name.study)), Name(study)))


def look(database: Database, work: Callable[[Snapshot, Study], R], study: str = "s") -> R:
    """The result of reading."""
    return asyncio.run(
        database.read(lambda snapshot, name: work(snapshot, snapshot.studies.get(name.study)), Name(study))
    )


def draft(member: int, generation: int = 0, initiator: int | None = None, start_step: int = 0) -> Trial:
    return Trial(
        member=member,
        generation=generation,
        parameters={"lr": 0.1, "width": 32, "kind": "a"},
        seed=5,
        start_step=start_step,
        end_step=start_step + 10,
        step=start_step,
        initiator=initiator,
        parent=initiator,
    )


def started(tx: Transaction, study: Study, trial: Trial, worker: Worker = WORKER) -> Trial:
    claimed = tx.trials.claim(study, trial, worker, tx.now + LEASE)
    assert claimed is not None
    return claimed


def ended(trial: Trial, state: TrialState = TrialState.FAILED) -> Trial:
    return replace(trial, state=state, lease=None)


def checkpoint_of(trial: Trial) -> Checkpoint:
    return Checkpoint(f"uid/{trial.number}/{trial.epoch}/{trial.end_step}", trial.end_step, 10, "sha256:c")


def completed(trial: Trial, fitness: float | None = 0.5) -> Trial:
    return replace(
        ended(trial, TrialState.COMPLETED),
        step=trial.end_step,
        fitness=fitness,
        checkpoint=checkpoint_of(trial),
    )


def train(tx: Transaction, study: Study, drafted: Trial, fitness: float | None = 0.5) -> Trial:
    """A trial's whole life: created, claimed, its checkpoint registered, completed."""
    running = started(tx, study, tx.trials.insert(study, drafted))
    done = tx.trials.save(study, running, completed(running, fitness))
    assert done.checkpoint is not None
    tx.checkpoints.register(study, done.number, done.epoch, done.checkpoint)
    return done


def paged(
    page: Callable[[Snapshot, Study, Any], list[R]], after: object, snapshot: Snapshot, study: Study
) -> list[R]:
    return page(snapshot, study, after)


def pages_of(
    database: Database, page: Callable[[Snapshot, Study, Any], list[R]], key: Callable[[R], object]
) -> list[R]:
    """All of what is read page by page, each after the key of the last of the page before."""
    found: list[R] = []
    after: object = None
    while True:
        more = look(database, partial(paged, page, after))
        if not more:
            return found
        found += more
        after = key(more[-1])
