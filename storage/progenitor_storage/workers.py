"""Workers: when each was last heard, and the newest answer that it was given."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, case, distinct, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from .clock import Clock
from .encoding import parsed, text
from .model.study import LoggedAnswer, Study, WorkerStatus
from .model.trial import Worker
from .tables import trials, workers

_w = workers.c
_RECORD = ("host", "code_digest", "versions", "incarnation", "last_contact")
_LOG = ("sequence", "digest", "answer", "complete")

_ANSWER = select(_w.incarnation, _w.sequence, _w.digest, _w.answer, _w.complete).where(
    _w.study == bindparam("study"), _w.id == bindparam("id")
)
_PAGE = (
    select(_w.id, _w.host, _w.code_digest, _w.versions, _w.incarnation, _w.last_contact)
    .where(_w.study == bindparam("study"))
    .order_by(_w.last_contact.desc(), _w.id)
    .limit(bindparam("limit"))
)
_PAGE_AFTER = _PAGE.where(
    or_(
        _w.last_contact < bindparam("after_contact"),
        and_(_w.last_contact == bindparam("after_contact"), _w.id > bindparam("after_id")),
    )
)
_HOLDINGS = select(trials.c.lease_worker, trials.c.number).where(
    trials.c.study == bindparam("study"), trials.c.lease_worker.in_(bindparam("ids", expanding=True))
)
_ACTIVE = select(func.count(distinct(trials.c.lease_worker))).where(
    trials.c.study == bindparam("study"), trials.c.lease_expires >= bindparam("since")
)


def _keep(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(
        index_elements=["study", "id"],
        set_={column: insert.excluded[column] for column in (*_RECORD, *_LOG)},
    )


def _heard(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    newer = insert.excluded.incarnation > _w.incarnation
    return insert.on_conflict_do_update(
        index_elements=["study", "id"],
        set_={
            **{column: insert.excluded[column] for column in _RECORD},
            **{column: case((newer, insert.excluded[column]), else_=_w[column]) for column in _LOG},
        },
        # An older process under this id does not speak for it any more.
        where=insert.excluded.incarnation >= _w.incarnation,
    )


_KEEP = {"sqlite": _keep(sqlite.insert(workers)), "postgresql": _keep(postgresql.insert(workers))}
_HEARD = {"sqlite": _heard(sqlite.insert(workers)), "postgresql": _heard(postgresql.insert(workers))}


class Workers:
    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def answer(self, study: Study, worker_id: str) -> LoggedAnswer | None:
        """None if the worker was never heard."""
        row = self._connection.execute(_ANSWER, {"study": study.key, "id": worker_id}).one_or_none()
        if row is None:
            return None
        incarnation, sequence, digest, answer, complete = row
        return LoggedAnswer(incarnation, sequence, bytes(digest), bytes(answer), complete)

    def keep(self, study: Study, worker: Worker, sequence: int, digest: bytes, answer: bytes) -> None:
        """Logs its newest answer, in place of the one before."""
        self._log(study, worker, {"sequence": sequence, "digest": digest, "answer": answer, "complete": True})

    def keep_begun(self, study: Study, worker: Worker, sequence: int, digest: bytes, answer: bytes) -> None:
        """As `keep`, of a call whose reports are recorded while the rest of its answer is still decided."""
        self._log(
            study, worker, {"sequence": sequence, "digest": digest, "answer": answer, "complete": False}
        )

    def heard(self, study: Study, worker: Worker) -> None:
        """It was heard now. The logged answer stays, unless this is a newer incarnation's first word."""
        statement = _HEARD[self._connection.dialect.name]
        self._connection.execute(
            statement,
            {**self._row(study, worker), "sequence": 0, "digest": b"", "answer": b"", "complete": True},
        )

    def page(self, study: Study, after: tuple[float, str] | None, limit: int) -> list[WorkerStatus]:
        """The last heard first, then by id; those after the given last contact and id."""
        if after is None:
            rows = self._connection.execute(_PAGE, {"study": study.key, "limit": limit}).all()
        else:
            contact, worker_id = after
            values = {"study": study.key, "after_contact": contact, "after_id": worker_id, "limit": limit}
            rows = self._connection.execute(_PAGE_AFTER, values).all()
        holdings = self._holdings(study, [row[0] for row in rows])
        return [_status(row, holdings) for row in rows]

    def active(self, study: Study, since: float) -> int:
        """Workers that hold a lease which has not run out before `since`."""
        values = {"study": study.key, "since": since}
        return int(self._connection.execute(_ACTIVE, values).scalar_one())

    def _log(self, study: Study, worker: Worker, answered: Mapping[str, object]) -> None:
        statement = _KEEP[self._connection.dialect.name]
        self._connection.execute(statement, {**self._row(study, worker), **answered})

    def _holdings(self, study: Study, ids: Sequence[str]) -> dict[str, tuple[int, ...]]:
        holdings: dict[str, tuple[int, ...]] = {}
        if not ids:
            return holdings
        for worker, number in self._connection.execute(_HOLDINGS, {"study": study.key, "ids": ids}):
            holdings[worker] = (*holdings.get(worker, ()), number)
        return holdings

    def _row(self, study: Study, worker: Worker) -> dict[str, object]:
        return {
            "study": study.key,
            "id": worker.id,
            "host": worker.host,
            "code_digest": worker.code_digest,
            "versions": text(dict(worker.versions)),
            "incarnation": worker.incarnation,
            "last_contact": self._clock.now,
        }


def _status(row: Sequence[Any], holdings: Mapping[str, tuple[int, ...]]) -> WorkerStatus:
    worker_id, host, code_digest, versions, incarnation, last_contact = row
    worker = Worker(worker_id, host, code_digest, parsed(versions), incarnation)
    return WorkerStatus(worker, last_contact, tuple(sorted(holdings.get(worker_id, ()))))
