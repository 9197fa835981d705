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
_UNFINISHED = _ALL.where(not_(_t.final))


class Observations:
    """`start_fitness` is that of the parent; None where there is none."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, study: Study, count: int) -> list[Observation]:
        """Of the completed trials with a finite fitness the `count` of the greatest numbers; by number."""
        rows = self._connection.execute(_NEWEST, {"study": study.key, "limit": count}).all()
        return [_observation(row) for row in reversed(rows)]

    def unfinished(self, study: Study) -> list[Observation]:
        """The trials that are not final; by number."""
        rows = self._connection.execute(_UNFINISHED, {"study": study.key})
        return sorted((_observation(row) for row in rows), key=lambda observation: observation.number)


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
