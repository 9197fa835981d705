"""The studies' rows."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from .clock import Clock, DatabaseTime
from .errors import StudyExists, StudyNotFound
from .ledger import Ledgers
from .model.study import Study
from .model.trial import TrialState
from .study_rows import COLUMNS, columns_of, spec_columns_of, study_of
from .tables import specs, studies

_JOINED = select(*COLUMNS).join_from(studies, specs, specs.c.study == studies.c.key)
_BY_NAME = _JOINED.where(studies.c.name == bindparam("name"))
_BY_NAME_NOW = _BY_NAME.add_columns(DatabaseTime())
_PAGE = _JOINED.where(studies.c.name > bindparam("after")).order_by(studies.c.name).limit(bindparam("limit"))
_LOCK = select(studies.c.key).where(studies.c.name == bindparam("name")).with_for_update()
_DELETE = studies.delete().where(studies.c.key == bindparam("row_key"))
_INSERT = {
    "sqlite": sqlite.insert(studies).on_conflict_do_nothing().returning(studies.c.key),
    "postgresql": postgresql.insert(studies).on_conflict_do_nothing().returning(studies.c.key),
}
_INSERT_SPECS = specs.insert()


class Studies:
    def __init__(self, connection: Connection, clock: Clock, ledgers: Ledgers) -> None:
        self._connection = connection
        self._clock = clock
        self._ledgers = ledgers

    def create(self, study: Study) -> Study:
        """Gives its key, its times and its empty counters. Raises StudyExists."""
        now = self._clock.now
        study = replace(
            study,
            create_time=now,
            update_time=now,
            trials=0,
            members=0,
            change=0,
            total_steps=0,
            counts=dict.fromkeys(TrialState, 0),
        )
        insert = _INSERT[self._connection.dialect.name]
        key = self._connection.execute(insert, columns_of(study)).scalar_one_or_none()
        if key is None:
            raise StudyExists(study.name)
        self._connection.execute(_INSERT_SPECS, {"study": key, **spec_columns_of(study)})
        study = replace(study, key=key)
        self._ledgers.begin(study)
        return study

    def locked(self, name: str) -> Study:
        """The study, which no other call changes until this one is committed. Raises StudyNotFound.

        A call's first statement: on PostgreSQL what is read before may be older than the lock.
        """
        if ledger := self._ledgers.named(name):
            return ledger.study
        if self._connection.dialect.name == "postgresql":
            self._lock(name)
        row = self._connection.execute(_BY_NAME_NOW, {"name": name}).one_or_none()
        if row is None:
            raise StudyNotFound(name)
        *columns, now = row
        study = study_of(columns)
        self._clock.set(now)
        self._ledgers.begin(study)
        return study

    def _lock(self, name: str) -> None:
        """A statement of its own: the next one sees what the former holder has committed, and reads the clock later.

        Without a row there is no lock, even if another has made the study by the next statement.
        """
        if self._connection.execute(_LOCK, {"name": name}).one_or_none() is None:
            raise StudyNotFound(name)

    def get(self, name: str) -> Study:
        """Raises StudyNotFound."""
        if ledger := self._ledgers.named(name):
            return ledger.study
        row = self._connection.execute(_BY_NAME, {"name": name}).one_or_none()
        if row is None:
            raise StudyNotFound(name)
        return study_of(row)

    def page(self, after: str, limit: int) -> list[Study]:
        """By name, those after the given one; '' is before the first."""
        return [study_of(row) for row in self._connection.execute(_PAGE, {"after": after, "limit": limit})]

    def current(self, study: Study) -> Study:
        """The locked study as changed so far in this call."""
        return self._ledgers.of(study).study

    def change(self, study: Study, **fields: Any) -> Study:
        """Changes fields of the locked study (not its counters, which follow from what is stored)."""
        ledger = self._ledgers.of(study)
        ledger.set(fields, self._clock)
        return ledger.study

    def delete(self, study: Study) -> None:
        """With all that belongs to it."""
        self._ledgers.forget(study)
        self._connection.execute(_DELETE, {"row_key": study.key})
