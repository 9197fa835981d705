"""Small calls that tests of storage are made of."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from progenitor_storage import Database, Transaction
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint, Trial, TrialState, Worker

R = TypeVar("R")

WORKER = Worker("host-0", host="host", code_digest="sha256:1", versions={"python": "3.11"}, incarnation=7)
LEASE = 60.0


@dataclass(frozen=True)
class Name:
    study: str


def create_study(tx: Transaction, call: Name) -> Study:
    return tx.studies.create(
        Study(name=call.study, uid=f"uid of {call.study}", spec=b"\0s", effective_spec=b"\xffe")
    )


def run(database: Database, work: Callable[[Transaction, Study], R], study: str = "s") -> R:
    """The result of one call, committed, on the locked study, which is created if there is none."""

    def call(tx: Transaction, name: Name) -> R:
        if any(found.name == study for found in tx.studies.page("", 1000)):
            return work(tx, tx.studies.locked(study))
        return work(tx, create_study(tx, name))

    return asyncio.run(database.transact(call, Name(study)))


def draft(member: int, generation: int = 0, initiator: int | None = None, start_step: int = 0) -> Trial:
    return Trial(
        member=member,
        generation=generation,
        parameters={"lr": 0.1, "width": 32, "kind": "a"},
        seed=5,
        start_step=start_step,
        end_step=start_step + 10,
        initiator=initiator,
        parent=initiator,
    )


def started(tx: Transaction, study: Study, trial: Trial, worker: Worker = WORKER) -> Trial:
    claimed = tx.trials.claim(study, trial, worker, tx.now + LEASE)
    assert claimed is not None
    return claimed


def completed(trial: Trial, fitness: float | None = 0.5, uri: str = "") -> Trial:
    from dataclasses import replace

    checkpoint = Checkpoint(
        uri or f"uid/{trial.number}/{trial.epoch}/{trial.end_step}", trial.end_step, 10, "sha256:c"
    )
    return replace(
        trial,
        state=TrialState.COMPLETED,
        step=trial.end_step,
        fitness=fitness,
        checkpoint=checkpoint,
        lease=None,
    )
