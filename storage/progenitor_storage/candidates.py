"""What a comparison of many trials reads of them: a few numbers of each, through an index.

Rows are fetched all at once: one by one, a thousand take twice as long.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, func, select, true

from .encoding import measurement_parsed, measurements_parsed, parsed
from .model.spec import Parameters
from .model.study import Study
from .model.trial import Candidate, StopCause, TrialState
from .tables import members, trials

_t = trials.c
_FEW = (_t.number, _t.member, _t.generation, _t.end_step, _t.fitness)
_USABLE_IN = (
    select(*_FEW)
    .where(
        _t.study == bindparam("study"),
        _t.usable == true(),
        _t.generation >= bindparam("first"),
        _t.generation <= bindparam("last"),
    )
    .order_by(_t.number)
)
_NEWEST = (
    select(*_FEW)
    .join_from(members, trials, and_(_t.study == members.c.study, _t.number == members.c.newest_usable))
    .where(members.c.study == bindparam("study"))
    .order_by(members.c.member)
)
_newest = trials.alias("newest")
_there = trials.alias("there")
_STANDING_AT = (
    select(
        func.coalesce(_there.c.number, _newest.c.number),
        members.c.member,
        func.coalesce(_there.c.generation, _newest.c.generation),
        func.coalesce(_there.c.end_step, _newest.c.end_step),
        func.coalesce(_there.c.fitness, _newest.c.fitness),
    )
    .select_from(members)
    .join(_newest, and_(_newest.c.study == members.c.study, _newest.c.number == members.c.newest_usable))
    .outerjoin(
        _there,
        and_(
            _there.c.study == members.c.study,
            _there.c.member == members.c.member,
            _there.c.generation == bindparam("generation"),
            _there.c.generation < _newest.c.generation,
            _there.c.usable == true(),
        ),
    )
    .where(members.c.study == bindparam("study"))
    .order_by(members.c.member)
)
_FRONT = (
    select(*_FEW, _t.measurement)
    .where(_t.study == bindparam("study"), _t.front == true(), _t.usable == true())
    .order_by(_t.fitness.desc(), _t.number)
    .limit(bindparam("limit"))
)
_METRICS = select(_t.number, _t.measurement).where(
    _t.study == bindparam("study"), _t.number.in_(bindparam("numbers", expanding=True))
)
_PARAMETERS = select(_t.number, _t.parameters).where(
    _t.study == bindparam("study"), _t.number.in_(bindparam("numbers", expanding=True))
)
_INTERRUPTED = select(_t.number).where(
    _t.study == bindparam("study"),
    _t.state == TrialState.STOPPED.value,
    _t.stop_cause == StopCause.LIMIT.value,
)
_CHUNK = 500
"""Numbers named in one statement."""


class Candidates:
    """Usable trials, without their metrics but for those of the front."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def usable_in(self, study: Study, first: int, last: int) -> list[Candidate]:
        """Of these generations (inclusive); by number."""
        row = {"study": study.key, "first": first, "last": last}
        return [Candidate(*found) for found in self._connection.execute(_USABLE_IN, row).all()]

    def newest(self, study: Study) -> list[Candidate]:
        """Of each member that has one, its newest; by member."""
        rows = self._connection.execute(_NEWEST, {"study": study.key}).all()
        return [Candidate(*found) for found in rows]

    def standing_at(self, study: Study, generation: int) -> list[Candidate]:
        """Of each member with a usable trial one: that of `generation`, if it has gone beyond and has one there, else
        its newest; by member.
        """
        row = {"study": study.key, "generation": generation}
        return [Candidate(*found) for found in self._connection.execute(_STANDING_AT, row).all()]

    def front(self, study: Study, limit: int) -> list[Candidate]:
        """Those that are on the front, with their metrics; the fittest first, then by number."""
        rows = self._connection.execute(_FRONT, {"study": study.key, "limit": limit}).all()
        return [
            Candidate(number, member, generation, end_step, fitness, measured.metrics)
            for number, member, generation, end_step, fitness, stored in rows
            if (measured := measurement_parsed(stored)) is not None
        ]

    def metrics(self, study: Study, numbers: Sequence[int]) -> dict[int, Mapping[str, float]]:
        """What these trials measured at their end steps."""
        found: dict[int, Mapping[str, float]] = {}
        for start in range(0, len(numbers), _CHUNK):
            row = {"study": study.key, "numbers": numbers[start : start + _CHUNK]}
            rows = self._connection.execute(_METRICS, row).all()
            measured = measurements_parsed([stored for _, stored in rows])
            found |= {
                number: each.metrics
                for (number, _), each in zip(rows, measured, strict=True)
                if each is not None
            }
        return found

    def parameters(self, study: Study, numbers: Sequence[int]) -> dict[int, Parameters]:
        """What these trials were trained with."""
        found: dict[int, Parameters] = {}
        for start in range(0, len(numbers), _CHUNK):
            row = {"study": study.key, "numbers": numbers[start : start + _CHUNK]}
            for number, stored in self._connection.execute(_PARAMETERS, row).all():
                found[number] = parsed(stored)
        return found

    def interrupted(self, study: Study) -> frozenset[int]:
        """Numbers of the trials that a limit has stopped."""
        return frozenset(self._connection.execute(_INTERRUPTED, {"study": study.key}).scalars().all())
