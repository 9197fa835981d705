"""Hands out trials: those that wait for a worker, then those that the algorithm wants next."""

from collections.abc import Iterator, Sequence

from progenitor_storage import Transaction
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import Trial, Worker

from . import limits
from .create import Creator
from .record import lose
from .wire.pages import MAX_BYTES
from .wire.trials import trial_to_wire


def give_up(tx: Transaction, study: Study, worker: str, named: Sequence[int]) -> list[Trial]:
    """Takes back what this worker held and no longer names, then what is under leases that ran out.

    Gives the former: they are first in line for the same worker.
    """
    forgotten = [trial for trial in tx.trials.held_by(study, worker) if trial.number not in named]
    taken = [lose(tx, study, trial) for trial in forgotten]
    for trial in tx.trials.expired(study):
        lose(tx, study, trial)
    return [trial for trial in taken if not trial.state.final]


def hand_out(creator: Creator, worker: Worker, first: Sequence[Trial], k: int) -> list[Trial]:
    """Up to `k` trials, each claimed for the worker; `first` are preferred. An answer ends at 1 MiB."""
    tx, study, spec = creator.tx, creator.study, creator.spec
    if tx.studies.current(study).state is not StudyState.ACTIVE or not limits.enforce(tx, study, spec):
        return []
    claimed: list[Trial] = []
    size = 0
    if k == 0:
        return claimed
    expires = tx.now + spec.lease_duration
    for trial in in_line(tx, study, creator, first, k):
        mine = tx.trials.claim(study, trial, worker, expires)
        if mine is not None:
            claimed.append(mine)
        if len(claimed) == k:
            break
        if mine is not None:
            size += trial_to_wire(study.name, study.uid, mine, tx.now).ByteSize()
        if size > MAX_BYTES:
            break
    return claimed


def in_line(
    tx: Transaction, study: Study, creator: Creator, first: Sequence[Trial], k: int
) -> Iterator[Trial]:
    """The trials to hand out, in their order; those that do not exist yet are created as they are needed."""
    yield from first
    preferred = {trial.number for trial in first}
    yield from (trial for trial in tx.trials.waiting(study, k + len(first)) if trial.number not in preferred)
    yield from creator.wanted(k)
