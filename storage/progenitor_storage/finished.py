"""Which completed sessions a running one is compared with: a bounded number, the newest first."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, and_, bindparam, select, true

from .encoding import measurement_parsed
from .model.study import Study
from .model.trial import Measurement, TrialState
from .tables import members, trials

LOOKED_THROUGH = 1000
"""Members whose newest session is looked at in plain search: those whose trials ended last."""

_t = trials.c
_m = members.c
_STUDY: BindParameter[int] = bindparam("study")
_LIMIT: BindParameter[int] = bindparam("limit")
# A generation is few trials, its members have many: SQLite is left no way but the index of generations.
_member = _t.member + 0
_number = _t.number + 0
_FEW = (_t.number, _t.member, _t.generation, _t.measurement)
_IN_GENERATION = (
    select(*_FEW)
    .where(
        _t.study == _STUDY,
        _t.usable == true(),
        _t.generation == bindparam("generation"),
        _member >= bindparam("first"),
        _member < bindparam("end"),
    )
    .order_by(_number.desc())
    .limit(_LIMIT)
)
_newest = (
    select(_m.newest_usable)
    .where(_m.study == _STUDY, _m.newest_final.is_not(None))
    .order_by(_m.newest_final.desc())
    .limit(LOOKED_THROUGH)
    .subquery("newest")
)
_FURTHEST = (
    select(*_FEW)
    .join_from(_newest, trials, and_(_t.study == _STUDY, _t.number == _newest.c.newest_usable))
    .where(_t.end_step >= bindparam("least"))
    .order_by(_t.number.desc())
    .limit(_LIMIT)
)
_SESSIONS = (
    select(*_FEW)
    .where(
        _t.study == _STUDY,
        _t.member.in_(bindparam("members", expanding=True)),
        _t.generation.in_(bindparam("generations", expanding=True)),
        _t.state == TrialState.COMPLETED.value,
        _t.fitness.is_not(None),
    )
    .order_by(_t.member, _t.generation)
)


@dataclass(frozen=True, slots=True)
class FinishedSession:
    """A completed trial of finite fitness, as a stopping rule sees it. `measurement` is that at its end step."""

    number: int
    member: int
    generation: int
    measurement: Measurement


class Finished:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def in_generation(self, study: Study, generation: int, among: range, limit: int) -> list[FinishedSession]:
        """Usable trials of a generation, of the members `among`; the newest first."""
        row = {
            "study": study.key,
            "generation": generation,
            "first": among.start,
            "end": among.stop,
            "limit": limit,
        }
        return self._listed(_IN_GENERATION, row)

    def furthest(self, study: Study, least_step: int, limit: int) -> list[FinishedSession]:
        """Of each member the newest usable trial, if it ended at `least_step` or later; the newest first.

        Of the members whose trials ended last, at most `LOOKED_THROUGH`.
        """
        return self._listed(_FURTHEST, {"study": study.key, "least": least_step, "limit": limit})

    def sessions(
        self, study: Study, members: Collection[int], generations: Collection[int]
    ) -> list[FinishedSession]:
        """Those of these members in these generations that were completed with a finite fitness.

        By member, then by generation; their checkpoints may be deleted.
        """
        if not members or not generations:
            return []
        row = {"study": study.key, "members": sorted(members), "generations": sorted(generations)}
        return self._listed(_SESSIONS, row)

    def _listed(self, statement: Select[Any], row: Mapping[str, object]) -> list[FinishedSession]:
        return [
            FinishedSession(number, member, generation, measured)
            for number, member, generation, stored in self._connection.execute(statement, row)
            if (measured := measurement_parsed(stored)) is not None
        ]
