"""Checkpoints that were registered, and the copies of them that trials carry."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, not_, select, tuple_

from .errors import CheckpointConflict, CheckpointNotFound
from .model.study import Study
from .model.trial import Checkpoint
from .tables import checkpoints
from .trials import Trials

_c = checkpoints.c
_COLUMNS = (_c.trial, _c.epoch, _c.uri, _c.step, _c.size, _c.digest, _c.deleted, _c.pinned)
_ALL = select(*_COLUMNS).where(_c.study == bindparam("study"))
_BY_URI = _ALL.where(_c.uri == bindparam("uri"))
_PAGE = _ALL.order_by(_c.trial, _c.epoch, _c.step, _c.uri).limit(bindparam("limit"))
_PAGE_AFTER = _PAGE.where(
    tuple_(_c.trial, _c.epoch, _c.step, _c.uri)
    > tuple_(
        bindparam("after_trial"), bindparam("after_epoch"), bindparam("after_step"), bindparam("after_uri")
    )
)
_NEWEST = (
    _ALL.where(_c.trial == bindparam("trial"), not_(_c.deleted))
    .order_by(_c.step.desc(), _c.epoch.desc(), _c.uri.desc())
    .limit(1)
)
_INSERT = checkpoints.insert()
_OF_URI = checkpoints.update().where(_c.study == bindparam("row_study"), _c.uri == bindparam("row_uri"))
_PIN = _OF_URI.values(pinned=bindparam("new_pinned"))
_DELETE = _OF_URI.values(deleted=True)

Registered = tuple[int, int, Checkpoint]
"""Trial, epoch and checkpoint."""


class Checkpoints:
    def __init__(self, connection: Connection, trials: Trials) -> None:
        self._connection = connection
        self._trials = trials

    def register(self, study: Study, number: int, epoch: int, checkpoint: Checkpoint) -> None:
        """Again is fine. Raises CheckpointConflict if the uri is another checkpoint's."""
        known = self.find(study, checkpoint.uri)
        if known is not None:
            if _content(known) != _content((number, epoch, checkpoint)):
                raise CheckpointConflict(study.name, checkpoint.uri)
            return
        self._connection.execute(
            _INSERT,
            {
                "study": study.key,
                "trial": number,
                "epoch": epoch,
                "step": checkpoint.step,
                "uri": checkpoint.uri,
                "size": checkpoint.size,
                "digest": checkpoint.digest,
                "deleted": checkpoint.deleted,
                "pinned": checkpoint.pinned,
            },
        )

    def find(self, study: Study, uri: str) -> Registered | None:
        row = self._connection.execute(_BY_URI, {"study": study.key, "uri": uri}).one_or_none()
        return None if row is None else _registered(row)

    def page(self, study: Study, after: tuple[int, int, int, str] | None, limit: int) -> list[Registered]:
        """By trial, epoch, step and uri; those after the given ones."""
        if after is None:
            rows = self._connection.execute(_PAGE, {"study": study.key, "limit": limit})
        else:
            place = dict(zip(("after_trial", "after_epoch", "after_step", "after_uri"), after, strict=True))
            rows = self._connection.execute(_PAGE_AFTER, {"study": study.key, "limit": limit, **place})
        return [_registered(row) for row in rows]

    def newest(self, study: Study, number: int) -> Checkpoint | None:
        """The trial's undeleted one of the highest step, of the newest epoch there."""
        row = self._connection.execute(_NEWEST, {"study": study.key, "trial": number}).one_or_none()
        return None if row is None else _registered(row)[2]

    def pin(self, study: Study, uri: str, pinned: bool) -> Checkpoint:  # noqa: FBT001 - a value to store
        """Here and in the trials that carry it. Raises CheckpointNotFound."""
        number, _, checkpoint = self._found(study, uri)
        if checkpoint.pinned is pinned:
            return checkpoint
        changed = replace(checkpoint, pinned=pinned)
        self._connection.execute(_PIN, {"row_study": study.key, "row_uri": uri, "new_pinned": pinned})
        self._trials.refresh(study, changed, self._carriers(study, number))
        return changed

    def mark_deleted(self, study: Study, uri: str) -> None:
        """Here and in the trials that carry it; its trial is usable no more. Raises CheckpointNotFound."""
        number, _, checkpoint = self._found(study, uri)
        if checkpoint.deleted:
            return
        self._connection.execute(_DELETE, {"row_study": study.key, "row_uri": uri})
        self._trials.refresh(study, replace(checkpoint, deleted=True), self._carriers(study, number))

    def _carriers(self, study: Study, number: int) -> list[int]:
        return [number, *self._trials.children(study, number)]

    def _found(self, study: Study, uri: str) -> Registered:
        found = self.find(study, uri)
        if found is None:
            raise CheckpointNotFound(study.name, uri)
        return found


def _content(registered: Registered) -> tuple[object, ...]:
    number, epoch, checkpoint = registered
    return number, epoch, checkpoint.uri, checkpoint.step, checkpoint.size, checkpoint.digest


def _registered(row: Sequence[Any]) -> Registered:
    trial, epoch, *fields = row
    return trial, epoch, Checkpoint(*fields)
