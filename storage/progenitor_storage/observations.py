"""What a model learns from: with which hyperparameters a session went from which fitness to which."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, not_, select

from .encoding import measurement_parsed, parsed
from .model.study import Study
from .model.trial import Observation, TrialState
from .tables import trials

_t = trials.c
_parent = trials.alias("parent")
_ALL = (
    select(
        _t.number,
        _t.member,
        _t.generation,
        _t.parent,
        _t.parameters,
        _t.start_step,
        _t.end_step,
        _parent.c.fitness,
        _t.fitness,
        _t.measurement,
    )
    .outerjoin_from(trials, _parent, and_(_parent.c.study == _t.study, _parent.c.number == _t.parent))
    .where(_t.study == bindparam("study"))
)
_NEWEST = (
    _ALL.where(_t.state == TrialState.COMPLETED.value, _t.fitness.is_not(None))
    .order_by(_t.number.desc())
    .limit(bindparam("limit"))
)
# Sums, so that no index of members is taken: the newest are found by their numbers.
_NEWEST_AMONG = _NEWEST.where(
    _t.member + 0 >= bindparam("first"),
    _t.member + 0 < bindparam("end"),
    _t.generation + 0 <= bindparam("last"),
)
_UNFINISHED = _ALL.where(not_(_t.final)).order_by(_t.number.desc()).limit(bindparam("limit"))
_THESE = _ALL.where(_t.number.in_(bindparam("numbers", expanding=True)))
_CHUNK = 500
"""Numbers in one statement."""


class Observations:
    """`start_fitness` is that of the parent; None where there is none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, study: Study, count: int) -> list[Observation]:
        """Of the completed trials with a finite fitness the `count` of the greatest numbers; by number."""
        rows = self._connection.execute(_NEWEST, {"study": study.key, "limit": count}).all()
        return [_observation(row) for row in reversed(rows)]

    def newest_among(self, study: Study, members: range, last: int, count: int) -> list[Observation]:
        """As `newest`, of these members and of generations up to `last`."""
        values = {"first": members.start, "end": members.stop, "last": last, "limit": count}
        rows = self._connection.execute(_NEWEST_AMONG, {"study": study.key, **values}).all()
        return [_observation(row) for row in reversed(rows)]

    def unfinished(self, study: Study, count: int) -> list[Observation]:
        """The newest `count` trials that are not final; by number."""
        rows = self._connection.execute(_UNFINISHED, {"study": study.key, "limit": count}).all()
        return [_observation(row) for row in reversed(rows)]

    def these(self, study: Study, numbers: Sequence[int]) -> list[Observation]:
        """The trials of these numbers, whatever became of them; by number."""
        found: list[Observation] = []
        for start in range(0, len(numbers), _CHUNK):
            row = {"study": study.key, "numbers": numbers[start : start + _CHUNK]}
            found += map(_observation, self._connection.execute(_THESE, row).all())
        return sorted(found, key=lambda observation: observation.number)


def _observation(row: Sequence[Any]) -> Observation:
    number, member, generation, parent, parameters, start, end, start_fitness, fitness, stored = row
    measured = measurement_parsed(stored) if fitness is not None else None
    return Observation(
        number=number,
        member=member,
        generation=generation,
        parent=parent,
        parameters=parsed(parameters),
        start_step=start,
        end_step=end,
        start_fitness=start_fitness,
        fitness=fitness,
        metrics={} if measured is None else measured.metrics,
    )
