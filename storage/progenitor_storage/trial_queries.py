"""Trials as they are read, each query through an index."""

from collections.abc import Collection, Iterable
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    not_,
    or_,
    select,
    true,
)

from .clock import Clock
from .errors import TrialNotFound
from .ledger import Ledgers
from .model.study import Study
from .model.trial import HELD, WAITING, Trial, TrialState
from .tables import trials
from .trial_rows import COLUMNS, trial_of

_t = trials.c
_number = attrgetter("number")
_ALL = select(*COLUMNS).where(_t.study == bindparam("study"))
_LIMIT: BindParameter[int] = bindparam("limit")
_HELD_STATES = tuple(sorted(state.value for state in HELD))
_WAITING_STATES = tuple(sorted(state.value for state in WAITING))
_CHUNK = 500
"""Numbers named in one statement."""

# As the partial indexes have it: SQLite compares conditions by their form.
_USABLE = _t.usable == true()

_GET = _ALL.where(_t.number == bindparam("number"))
_FIND = _ALL.where(_t.number.in_(bindparam("numbers", expanding=True)))
# The few that are held are sorted here: asked to do it, SQLite would rather walk through the numbers of all.
_HELD = _ALL.where(_t.lease_worker.is_not(None))
_HELD_BY = _ALL.where(_t.lease_worker == bindparam("worker"))
_EXPIRED = _ALL.where(_t.lease_expires < bindparam("now"))
_IN_STATE = _ALL.where(_t.state == bindparam("state")).order_by(_t.number).limit(_LIMIT)
_OPEN_UP_TO = select(
    exists().where(
        _t.study == bindparam("study"),
        not_(_t.final),
        _t.generation <= bindparam("generation"),
        _t.member >= bindparam("first"),
        _t.member < bindparam("end"),
    )
)
_FRONT = _ALL.where(_t.front == true(), _USABLE).order_by(_t.fitness.desc(), _t.number).limit(_LIMIT)
_FRONT_AFTER = _FRONT.where(
    _t.fitness <= bindparam("fitness"),
    or_(_t.fitness < bindparam("fitness"), _t.number > bindparam("number")),
)
_PAGE = _ALL.where(_t.number > bindparam("after")).order_by(_t.number).limit(_LIMIT)
_PAGE_OF_STATES = _PAGE.where(_t.state.in_(bindparam("states", expanding=True)))
_NEWEST_IN = _ALL.where(_t.state == bindparam("state")).order_by(_t.number.desc()).limit(1)
_BEST = _ALL.where(_USABLE).order_by(_t.fitness.desc(), _t.number).limit(_LIMIT)
_BEST_AFTER = _BEST.where(
    # The first term is what the index is entered by.
    _t.fitness <= bindparam("fitness"),
    or_(_t.fitness < bindparam("fitness"), _t.number > bindparam("number")),
)
_CHANGED = _ALL.where(_t.change > bindparam("after")).order_by(_t.change).limit(_LIMIT)
_CARRIERS = select(_t.number).where(_t.study == bindparam("study"), _t.parent == bindparam("parent"))


def _ancestors() -> Select[Any]:
    chain = (
        select(_t.number, _t.parent)
        .where(_t.study == bindparam("study"), _t.number == bindparam("number"))
        .cte("chain", recursive=True)
    )
    older = trials.alias("older")
    chain = chain.union_all(
        select(older.c.number, older.c.parent).where(
            older.c.study == bindparam("study"), older.c.number == chain.c.parent
        )
    )
    return (
        select(*COLUMNS)
        .join_from(chain, trials, and_(_t.study == bindparam("study"), _t.number == chain.c.number))
        .where(chain.c.number > bindparam("after"))
        .order_by(chain.c.number)  # a parent was created before its child
        .limit(_LIMIT)
    )


_LINEAGE = _ancestors()


def _nearest_ancestors() -> Select[Any]:
    chain = (
        select(_t.number, _t.parent, literal(1).label("depth"))
        .where(_t.study == bindparam("study"), _t.number == bindparam("number"))
        .cte("chain", recursive=True)
    )
    older = trials.alias("older")
    chain = chain.union_all(
        select(older.c.number, older.c.parent, chain.c.depth + 1).where(
            older.c.study == bindparam("study"),
            older.c.number == chain.c.parent,
            chain.c.depth < bindparam("count"),
        )
    )
    return (
        select(*COLUMNS)
        .join_from(chain, trials, and_(_t.study == bindparam("study"), _t.number == chain.c.number))
        .order_by(chain.c.number)
    )


_NEWEST_OF_LINEAGE = _nearest_ancestors()


class TrialQueries:
    def __init__(self, connection: Connection, clock: Clock, ledgers: Ledgers) -> None:
        self._connection = connection
        self._clock = clock
        self._ledgers = ledgers

    def get(self, study: Study, number: int) -> Trial:
        """Raises TrialNotFound."""
        row = self._connection.execute(_GET, {"study": study.key, "number": number}).one_or_none()
        if row is None:
            raise TrialNotFound(study.name, number)
        return trial_of(row)

    def find(self, study: Study, numbers: Collection[int]) -> dict[int, Trial]:
        """Those of the numbers that exist."""
        wanted = sorted(set(numbers))
        found: dict[int, Trial] = {}
        for start in range(0, len(wanted), _CHUNK):
            for trial in self._listed(_FIND, study, numbers=wanted[start : start + _CHUNK]):
                found[trial.number] = trial
        return found

    def held_by(self, study: Study, worker_id: str) -> list[Trial]:
        """RUNNING or STOPPING under this worker's lease, run out or not; by number."""
        if self._none(study, HELD):
            return []
        return sorted(self._listed(_HELD_BY, study, worker=worker_id), key=_number)

    def held(self, study: Study) -> list[Trial]:
        """By number."""
        if self._none(study, HELD):
            return []
        return sorted(self._listed(_HELD, study), key=_number)

    def expired(self, study: Study) -> list[Trial]:
        """Held under a lease that has run out; by number."""
        if self._none(study, HELD):
            return []
        return sorted(self._listed(_EXPIRED, study, now=self._clock.now), key=_number)

    def waiting(self, study: Study, limit: int) -> list[Trial]:
        """Trials to hand out: the preempted ones by number, then the pending ones by number."""
        first: list[Trial] = []
        if not self._none(study, {TrialState.PREEMPTED}):
            first = self._listed(_IN_STATE, study, state=TrialState.PREEMPTED.value, limit=limit)
        if len(first) >= limit or self._none(study, {TrialState.PENDING}):
            return first
        rest = limit - len(first)
        return first + self._listed(_IN_STATE, study, state=TrialState.PENDING.value, limit=rest)

    def open_up_to(self, study: Study, generation: int, among: range) -> bool:
        """Whether any trial of these members, of this or an earlier generation, is not final."""
        row = {
            "study": study.key,
            "generation": generation,
            "first": among.start,
            "end": among.stop,
        }
        return bool(self._connection.execute(_OPEN_UP_TO, row).scalar_one())

    def page(self, study: Study, states: Collection[TrialState], after: int, limit: int) -> list[Trial]:
        """By number, those after the given one; of all states if none is given."""
        if not states:
            return self._listed(_PAGE, study, after=after, limit=limit)
        values = sorted(state.value for state in set(states))
        return self._listed(_PAGE_OF_STATES, study, states=values, after=after, limit=limit)

    def newest(self, study: Study, state: TrialState) -> Trial | None:
        """In that state, the one of the greatest number."""
        found = self._listed(_NEWEST_IN, study, state=state.value)
        return found[0] if found else None

    def best(self, study: Study, after: tuple[float, int] | None, limit: int) -> list[Trial]:
        """Usable ones, the fittest first, then by number; those after the given fitness and number."""
        if after is None:
            return self._listed(_BEST, study, limit=limit)
        fitness, number = after
        return self._listed(_BEST_AFTER, study, fitness=fitness, number=number, limit=limit)

    def front(self, study: Study, after: tuple[float, int] | None, limit: int) -> list[Trial]:
        """Usable ones of the front, in the order of `best`; those after the given fitness and number."""
        if after is None:
            return self._listed(_FRONT, study, limit=limit)
        fitness, number = after
        return self._listed(_FRONT_AFTER, study, fitness=fitness, number=number, limit=limit)

    def changed(self, study: Study, after: int, limit: int) -> list[Trial]:
        """Those changed since that change number, in the order of their newest changes."""
        return self._listed(_CHANGED, study, after=after, limit=limit)

    def lineage(self, study: Study, number: int, after: int, limit: int) -> list[Trial]:
        """The chain of parents, oldest first, the trial itself last: those of it after the given number (0: all)."""
        return self._listed(_LINEAGE, study, number=number, after=after, limit=limit)

    def children(self, study: Study, number: int) -> list[int]:
        """Numbers of the trials whose parent this is."""
        row = {"study": study.key, "parent": number}
        return list(self._connection.execute(_CARRIERS, row).scalars())

    def newest_of_lineage(self, study: Study, number: int, count: int) -> list[Trial]:
        """The trial and its nearest ancestors, `count` in all; oldest first."""
        return self._listed(_NEWEST_OF_LINEAGE, study, number=number, count=count)

    def _listed(self, statement: Select[Any], study: Study, **values: object) -> list[Trial]:
        rows = self._connection.execute(statement, {"study": study.key, **values})
        return [trial_of(row) for row in rows]

    def _none(self, study: Study, states: Iterable[TrialState]) -> bool:
        """Whether the locked study's counters say that there is no such trial, which saves the query."""
        ledger = self._ledgers.find(study)
        return ledger is not None and ledger.count(states) == 0
