"""Members: the places in a population, kept up as their trials begin and end."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Update, and_, bindparam, case, func, not_, select, true

from .ledger import Ledgers
from .model.study import Member, Study
from .model.trial import Trial
from .tables import members, studies, trials

_m = members.c
_COLUMNS = tuple(column for column in _m if column.name != "study")
_FIELDS = tuple(column.name for column in _COLUMNS)
_NO_LIMIT = 2**63 - 1

_PLACE = (_m.study == bindparam("row_study"), _m.member == bindparam("row_member"))
_ALL = select(*_COLUMNS).where(_m.study == bindparam("study"))
_GET = _ALL.where(_m.member == bindparam("member"))
_BY_MEMBER = _ALL.order_by(_m.member)
_PAGE = _ALL.where(_m.member > bindparam("after")).order_by(_m.member).limit(bindparam("limit"))
_DUE = _ALL.where(_m.final, not_(_m.closed), _m.reached < bindparam("max_steps")).limit(bindparam("limit"))
_OLDEST_DUE = _DUE.order_by(_m.due)
_LEAST_TRAINED_DUE = _DUE.order_by(_m.reached, _m.due)
_DUE_BY_GENERATION = _DUE.where(_m.member >= bindparam("first"), _m.member < bindparam("end")).order_by(
    _m.generation, _m.member
)
_COUNT = select(studies.c.members).where(studies.c.key == bindparam("study"))
_UNFINISHED = select(func.count()).where(_m.study == bindparam("study"), _m.newest_final.is_(None))
_CLOSED = select(func.count()).where(_m.study == bindparam("study"), _m.closed == true())
_step = case((_m.final, _m.reached), else_=trials.c.step)
_TRAINED = (
    select(func.coalesce(func.sum(case((_step > bindparam("most"), bindparam("most")), else_=_step)), 0))
    .select_from(members.join(trials, and_(trials.c.study == _m.study, trials.c.number == _m.newest)))
    .where(_m.study == bindparam("study"))
)

_INSERT = members.insert()
_BEGIN = (
    members.update()
    .where(*_PLACE)
    .values(
        newest=bindparam("number"),
        generation=bindparam("of_generation"),
        final=False,
        reached=bindparam("start_step"),
        due=0,
    )
)
_END = (
    members.update()
    .where(*_PLACE, _m.newest == bindparam("number"))
    .values(
        final=True,
        reached=bindparam("reached_step"),
        due=bindparam("change"),
        newest_final=bindparam("number"),
        newest_usable=case(
            (bindparam("usable"), bindparam("number", type_=BigInteger)), else_=_m.newest_usable
        ),
        fallbacks=case((bindparam("usable"), 0), else_=_m.fallbacks),
    )
)
_NEWEST_USABLE = (
    select(trials.c.number)
    .where(
        trials.c.study == bindparam("row_study"),
        trials.c.member == bindparam("row_member"),
        trials.c.usable == true(),
    )
    .order_by(trials.c.generation.desc())
    .limit(1)
    .scalar_subquery()
)
_LOSE = (
    members.update()
    .where(*_PLACE, _m.newest_usable == bindparam("number"))
    .values(newest_usable=_NEWEST_USABLE)
)


@cache
def _update(columns: frozenset[str]) -> Update:
    return members.update().where(*_PLACE).values({column: bindparam(f"new_{column}") for column in columns})


class Members:
    def __init__(self, connection: Connection, ledgers: Ledgers) -> None:
        self._connection = connection
        self._ledgers = ledgers

    def get(self, study: Study, member: int) -> Member | None:
        row = self._connection.execute(_GET, {"study": study.key, "member": member}).one_or_none()
        return None if row is None else _member(row)

    def page(self, study: Study, after: int, limit: int) -> list[Member]:
        """By member, those after the given one; -1 is before the first."""
        rows = self._connection.execute(_PAGE, {"study": study.key, "after": after, "limit": limit})
        return [_member(row) for row in rows]

    def count(self, study: Study) -> int:
        """Members that have had a trial."""
        if ledger := self._ledgers.find(study):
            return ledger.members
        return int(self._connection.execute(_COUNT, {"study": study.key}).scalar_one())

    def with_final(self, study: Study) -> int:
        """Members that have had a final trial."""
        unfinished = self._connection.execute(_UNFINISHED, {"study": study.key}).scalar_one()
        return self.count(study) - int(unfinished)

    def closed(self, study: Study) -> int:
        """How many are closed."""
        return int(self._connection.execute(_CLOSED, {"study": study.key}).scalar_one())

    def trained(self, study: Study, most: int) -> int:
        """The steps that the members' lineages have come to, each counted up to `most`."""
        values = {"study": study.key, "most": most}
        return int(self._connection.execute(_TRAINED, values).scalar_one())

    def due(self, study: Study, max_steps: int, limit: int) -> list[Member]:
        """Open members whose newest trial is final and has not reached `max_steps` (0: no limit).

        The one whose trial became final first comes first.
        """
        values = {"study": study.key, "max_steps": max_steps or _NO_LIMIT, "limit": limit}
        return [_member(row) for row in self._connection.execute(_OLDEST_DUE, values)]

    def due_by_steps(self, study: Study, max_steps: int, limit: int) -> list[Member]:
        """As `due`: the one that has come the fewest steps first."""
        values = {"study": study.key, "max_steps": max_steps or _NO_LIMIT, "limit": limit}
        return [_member(row) for row in self._connection.execute(_LEAST_TRAINED_DUE, values)]

    def due_by_generation(self, study: Study, max_steps: int, among: range, limit: int) -> list[Member]:
        """As `due`, of these members: the lowest generation first, then the lowest member."""
        values = {
            "study": study.key,
            "max_steps": max_steps or _NO_LIMIT,
            "first": among.start,
            "end": among.stop,
            "limit": limit,
        }
        return [_member(row) for row in self._connection.execute(_DUE_BY_GENERATION, values)]

    def all(self, study: Study) -> list[Member]:
        """By member; fetched all at once, which takes half the time for a thousand."""
        rows = self._connection.execute(_BY_MEMBER, {"study": study.key}).all()
        return [_member(row) for row in rows]

    def save(self, study: Study, before: Member, after: Member) -> None:
        """Writes what differs."""
        columns = {
            name: getattr(after, name) for name in _FIELDS if getattr(after, name) != getattr(before, name)
        }
        if not columns:
            return
        row = {f"new_{name}": value for name, value in columns.items()}
        self._connection.execute(
            _update(frozenset(columns)), {"row_study": study.key, "row_member": before.member, **row}
        )

    def begin(self, study: Study, trial: Trial) -> bool:
        """The trial is its member's newest now. Whether this is the member's first."""
        place = {"row_study": study.key, "row_member": trial.member}
        values = {"number": trial.number, "of_generation": trial.generation, "start_step": trial.start_step}
        if self._connection.execute(_BEGIN, {**place, **values}).rowcount:
            return False
        self._connection.execute(
            _INSERT,
            {
                "study": study.key,
                "member": trial.member,
                "newest": trial.number,
                "generation": trial.generation,
                "final": False,
                "reached": trial.start_step,
                "due": 0,
                "fallbacks": 0,
                "closed": False,
            },
        )
        return True

    def end(self, study: Study, trial: Trial) -> None:
        """The member's newest trial has become final."""
        self._connection.execute(
            _END,
            {
                "row_study": study.key,
                "row_member": trial.member,
                "number": trial.number,
                "reached_step": trial.reached,
                "change": trial.change,
                "usable": trial.usable,
            },
        )

    def lose(self, study: Study, trial: Trial) -> None:
        """The trial is no longer usable: an older one of its member takes its place, if there is one."""
        place = {"row_study": study.key, "row_member": trial.member}
        self._connection.execute(_LOSE, {**place, "number": trial.number})


def _member(row: Sequence[Any]) -> Member:
    return Member(*row)
