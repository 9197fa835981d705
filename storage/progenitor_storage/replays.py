"""What a replay reads: the ancestors of trials, a trial by its place, and which checkpoints came out differently."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select

from .encoding import checkpoint_parsed
from .model.study import Study
from .model.trial import Trial, TrialState
from .tables import trials
from .trial_rows import COLUMNS, trial_of

_t = trials.c
_AT = select(*COLUMNS).where(
    _t.study == bindparam("study"),
    _t.member == bindparam("member"),
    _t.generation == bindparam("generation"),
)
_DIGESTS = (
    select(_t.number, _t.replayed_digest, _t.checkpoint)
    .where(
        _t.study == bindparam("study"),
        _t.state == TrialState.COMPLETED.value,
        _t.replayed_digest != "",
    )
    .order_by(_t.number)
)


def _closure() -> Select[Any]:
    chain = (
        select(_t.number, _t.parent)
        .where(_t.study == bindparam("study"), _t.number.in_(bindparam("numbers", expanding=True)))
        .cte("chain", recursive=True)
    )
    older = trials.alias("older")
    # UNION, not UNION ALL: an ancestor that many have in common is followed once.
    chain = chain.union(
        select(older.c.number, older.c.parent).where(
            older.c.study == bindparam("study"), older.c.number == chain.c.parent
        )
    )
    return (
        select(*COLUMNS)
        .join_from(chain, trials, and_(_t.study == bindparam("study"), _t.number == chain.c.number))
        .order_by(chain.c.number)
        .limit(bindparam("limit"))
    )


_CLOSURE = _closure()


@dataclass(frozen=True, slots=True)
class Compared:
    """How many replayed trials are completed, and the numbers of those whose checkpoint is another one, by number."""

    completed: int
    differing: tuple[int, ...]


class Replays:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def closure(self, study: Study, numbers: Collection[int], limit: int) -> list[Trial]:
        """These trials and all of their ancestors, as far as they exist; by number, which has parents first."""
        row = {"study": study.key, "numbers": sorted(set(numbers)), "limit": limit}
        return [trial_of(found) for found in self._connection.execute(_CLOSURE, row)]

    def at(self, study: Study, member: int, generation: int) -> Trial:
        """The trial of this place and generation, of which there must be one."""
        row = {"study": study.key, "member": member, "generation": generation}
        return trial_of(self._connection.execute(_AT, row).one())

    def compared(self, study: Study) -> Compared:
        """Reads a little of every trial: for the end of a study."""
        rows = self._connection.execute(_DIGESTS, {"study": study.key}).all()
        return Compared(
            len(rows),
            tuple(
                number
                for number, replayed, stored in rows
                if (checkpoint := checkpoint_parsed(stored)) is None or checkpoint.digest != replayed
            ),
        )
