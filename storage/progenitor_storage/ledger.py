"""What one call does to a study's row: gathered while it runs, written by one UPDATE at its end."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam

from .clock import Clock
from .model.study import Study
from .model.trial import TrialState
from .study_rows import columns_of, spec_columns_of
from .tables import specs, studies

INTERNAL = frozenset({"worked", "lost", "best_first_metric"})
"""Fields that change too often, and say too little, to count as an update of the study."""


@cache
def _update(columns: frozenset[str]) -> Update:
    return (
        studies.update()
        .where(studies.c.key == bindparam("row_key"))
        .values({column: bindparam(f"new_{column}") for column in columns})
    )


_UPDATE_SPECS = (
    specs.update()
    .where(specs.c.study == bindparam("row_key"))
    .values(spec=bindparam("new_spec"), effective_spec=bindparam("new_effective_spec"))
)


class Ledger:
    """A locked study as changed so far in this call."""

    def __init__(self, study: Study) -> None:
        self._stored = study
        self._study = study
        self._counts = dict(study.counts)
        self.name = study.name
        self.trials = study.trials
        self.members = study.members
        self.change = study.change
        self.total_steps = study.total_steps

    @property
    def study(self) -> Study:
        return replace(
            self._study,
            trials=self.trials,
            members=self.members,
            change=self.change,
            counts=dict(self._counts),
            total_steps=self.total_steps,
        )

    def count(self, states: Iterable[TrialState]) -> int:
        return sum(self._counts[state] for state in states)

    def entered(self, state: TrialState) -> None:
        self._counts[state] += 1

    def left(self, state: TrialState) -> None:
        self._counts[state] -= 1

    def set(self, fields: dict[str, Any], clock: Clock) -> None:
        """Changes fields; `update_time` too if a visible one differs."""
        differing = {name for name, value in fields.items() if getattr(self._study, name) != value}
        self._study = replace(self._study, **fields)
        if differing - INTERNAL:
            self._study = replace(self._study, update_time=clock.now)

    def write(self, connection: Connection) -> None:
        before, after = self._stored, self.study
        old, new = columns_of(before), columns_of(after)
        differing = {f"new_{column}": value for column, value in new.items() if value != old[column]}
        if differing:
            columns = frozenset(column.removeprefix("new_") for column in differing)
            connection.execute(_update(columns), {"row_key": before.key, **differing})
        if (before.spec, before.effective_spec) != (after.spec, after.effective_spec):
            changed = {f"new_{column}": value for column, value in spec_columns_of(after).items()}
            connection.execute(_UPDATE_SPECS, {"row_key": before.key, **changed})


class Ledgers:
    """Those of one call, by the studies' keys."""

    def __init__(self) -> None:
        self._by_key: dict[int, Ledger] = {}

    def begin(self, study: Study) -> None:
        self._by_key[study.key] = Ledger(study)

    def find(self, study: Study) -> Ledger | None:
        return self._by_key.get(study.key)

    def of(self, study: Study) -> Ledger:
        """Raises RuntimeError if the study was not locked or created in this call."""
        ledger = self._by_key.get(study.key)
        if ledger is None:
            raise RuntimeError(f"study {study.name!r} is changed without having been locked in this call")
        return ledger

    def named(self, name: str) -> Ledger | None:
        for ledger in self._by_key.values():
            if ledger.name == name:
                return ledger
        return None

    def forget(self, study: Study) -> None:
        self._by_key.pop(study.key, None)

    def write(self, connection: Connection) -> None:
        for ledger in self._by_key.values():
            ledger.write(connection)
