"""Trials: inserted, claimed and saved here, and nowhere else, so that counters and members fit them."""

from collections.abc import Collection
from dataclasses import replace
from functools import cache

from sqlalchemy import Connection, Update, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from .clock import Clock
from .errors import DuplicateTrial, LeaseLost
from .ledger import Ledger, Ledgers
from .members import Members
from .model.study import Study
from .model.trial import WAITING, Checkpoint, Lease, Trial, TrialState, Worker
from .tables import trials
from .trial_queries import TrialQueries
from .trial_rows import columns_of, difference

INVISIBLE = frozenset({"lease_expires", "contact", "unsaved", "lost_in_row", "front", "peak"})
"""Columns whose change nobody watches."""

_INSERT = {
    "sqlite": sqlite.insert(trials).on_conflict_do_nothing().returning(trials.c.number),
    "postgresql": postgresql.insert(trials).on_conflict_do_nothing().returning(trials.c.number),
}


@cache
def _save(columns: frozenset[str]) -> Update:
    return (
        trials.update()
        .where(
            trials.c.study == bindparam("row_study"),
            trials.c.number == bindparam("row_number"),
            trials.c.epoch == bindparam("held_epoch"),
            trials.c.lease_worker.is_not_distinct_from(bindparam("held_worker")),
        )
        .values({column: bindparam(f"new_{column}") for column in columns})
    )


_CLAIMED = (
    "change",
    "state",
    "epoch",
    "lease_worker",
    "lease_expires",
    "worker",
    "contact",
    "start_time",
    "unsaved",
)
_CLAIM = (
    trials.update()
    .where(
        trials.c.study == bindparam("row_study"),
        trials.c.number == bindparam("row_number"),
        trials.c.state == bindparam("waiting_state"),
        trials.c.epoch == bindparam("waiting_epoch"),
    )
    .values({column: bindparam(f"new_{column}") for column in _CLAIMED})
)


_LEAVE_FRONT = (
    trials.update()
    .where(
        trials.c.study == bindparam("row_study"),
        trials.c.number.in_(bindparam("numbers", expanding=True)),
    )
    .values(front=False)
)


class Trials(TrialQueries):
    def __init__(self, connection: Connection, clock: Clock, ledgers: Ledgers, members: Members) -> None:
        super().__init__(connection, clock, ledgers)
        self._members = members

    def insert(self, study: Study, draft: Trial) -> Trial:
        """Gives number, change and creation time, and makes it its member's newest trial.

        Raises DuplicateTrial if its place has a trial of this generation or its initiator has its child;
        nothing is stored then, and the call may go on.
        """
        ledger = self._ledgers.of(study)
        trial = replace(
            draft, number=ledger.trials + 1, change=ledger.change + 1, create_time=self._clock.now
        )
        insert = _INSERT[self._connection.dialect.name]
        if self._connection.execute(insert, columns_of(study.key, trial)).scalar_one_or_none() is None:
            raise DuplicateTrial(study.name, trial.member, trial.generation, trial.initiator)
        ledger.trials = trial.number
        ledger.change = trial.change
        ledger.entered(trial.state)
        ledger.total_steps += _trained(trial)
        if self._members.begin(study, trial):
            ledger.members += 1
        if trial.state.final:
            self._members.end(study, trial)
        return trial

    def claim(self, study: Study, trial: Trial, worker: Worker, expires: float) -> Trial | None:
        """Hands a waiting trial to a worker, under the next epoch; None if it is no longer as it was read."""
        if trial.state not in WAITING:
            return None
        ledger = self._ledgers.of(study)
        now = self._clock.now
        claimed = replace(
            trial,
            change=ledger.change + 1,
            state=TrialState.RUNNING,
            epoch=trial.epoch + 1,
            lease=Lease(worker.id, expires),
            worker=worker,
            contact=now,
            start_time=trial.start_time or now,
            unsaved=0.0,
        )
        columns = columns_of(study.key, claimed)
        row = {
            "row_study": study.key,
            "row_number": trial.number,
            "waiting_state": trial.state.value,
            "waiting_epoch": trial.epoch,
            **{f"new_{column}": columns[column] for column in _CLAIMED},
        }
        if self._connection.execute(_CLAIM, row).rowcount == 0:
            return None
        ledger.change = claimed.change
        ledger.left(trial.state)
        ledger.entered(claimed.state)
        return claimed

    def save(self, study: Study, before: Trial, after: Trial) -> Trial:
        """Writes what differs, if it is still held as it was `before`. Raises LeaseLost, storing nothing.

        The step reached never goes back. A change that can be seen gets the next change number; a trial that
        becomes final gets its end time and makes a reproduction of its member due.
        """
        ends = after.state.final and not before.state.final
        if after.step < before.step:
            after = replace(after, step=before.step)
        if ends and not after.end_time:
            after = replace(after, end_time=self._clock.now)
        columns = difference(before, after)
        if not columns:
            return after
        ledger = self._ledgers.of(study)
        if not columns.keys() <= INVISIBLE:
            after = replace(after, change=ledger.change + 1)
            columns["change"] = after.change
        row = {
            "row_study": study.key,
            "row_number": before.number,
            "held_epoch": before.epoch,
            "held_worker": None if before.lease is None else before.lease.worker,
            **{f"new_{column}": value for column, value in columns.items()},
        }
        if self._connection.execute(_save(frozenset(columns)), row).rowcount == 0:
            raise LeaseLost(study.name, before.number, before.epoch)
        _account(ledger, before, after)
        if ends:
            self._members.end(study, after)
        return after

    def leave_front(self, study: Study, numbers: Collection[int]) -> None:
        """Takes these trials off the front, which nobody watches."""
        if numbers:
            self._connection.execute(_LEAVE_FRONT, {"row_study": study.key, "numbers": sorted(numbers)})

    def refresh(self, study: Study, checkpoint: Checkpoint, numbers: Collection[int]) -> None:
        """Brings the copies of a registered checkpoint that these trials carry to what it is now.

        A trial that is not usable any more is not on the front either.
        """
        for before in self.find(study, numbers).values():
            after = before
            if before.checkpoint is not None and before.checkpoint.uri == checkpoint.uri:
                after = replace(after, checkpoint=checkpoint)
            if before.warm_start is not None and before.warm_start.uri == checkpoint.uri:
                after = replace(after, warm_start=checkpoint)
            lost = before.usable and not after.usable
            self.save(study, before, replace(after, front=False) if lost else after)
            if lost:
                self._members.lose(study, after)


def _trained(trial: Trial) -> int:
    return max(0, trial.step - trial.start_step)


def _account(ledger: Ledger, before: Trial, after: Trial) -> None:
    ledger.change = max(ledger.change, after.change)
    ledger.total_steps += _trained(after) - _trained(before)
    if before.state is not after.state:
        ledger.left(before.state)
        ledger.entered(after.state)
