"""Measurements, known by trial, epoch and step; metrics of one step merge."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from math import isnan
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from .encoding import metrics_text, parsed
from .errors import MeasurementConflict, TooManyMetrics
from .model.study import Study
from .model.trial import Measurement
from .tables import measurements, trials

_m = measurements.c
_OF_TRIAL = (_m.study == bindparam("study"), _m.trial == bindparam("trial"))
_IN_EPOCH = select(_m.step, _m.metrics, _m.elapsed).where(
    *_OF_TRIAL, _m.epoch == bindparam("epoch"), _m.step >= bindparam("first"), _m.step <= bindparam("last")
)
_COLUMNS = (_m.trial, _m.step, _m.epoch, _m.metrics, _m.elapsed)
_ALL = select(*_COLUMNS).where(*_OF_TRIAL)
_AT = _ALL.where(_m.step == bindparam("step"), _m.epoch >= bindparam("since_epoch")).order_by(_m.epoch)
_AT_EACH = (
    select(*_COLUMNS)
    .where(
        _m.study == bindparam("study"),
        _m.trial.in_(bindparam("trials", expanding=True)),
        _m.step.in_(bindparam("steps", expanding=True)),
    )
    .order_by(_m.trial, _m.step, _m.epoch)
)
_PAGED_STEPS = (
    select(_m.step)
    .distinct()
    .where(*_OF_TRIAL, _m.step > bindparam("after"))
    .order_by(_m.step)
    .limit(bindparam("limit"))
)
_PAGE = _ALL.where(_m.step.in_(_PAGED_STEPS)).order_by(_m.step, _m.epoch)
_NEWEST_STEPS = (
    select(_m.step).distinct().where(*_OF_TRIAL).order_by(_m.step.desc()).limit(bindparam("limit"))
)
_NEWEST = _ALL.where(_m.step.in_(_NEWEST_STEPS)).order_by(_m.step, _m.epoch)
MAX_METRICS = 1000
"""At one step of a trial: a trial is to fit into one message."""

_CHUNK = 500
"""Numbers named in one statement."""

_INSERT = measurements.insert()
_UPDATE = (
    measurements.update()
    .where(
        _m.study == bindparam("row_study"),
        _m.trial == bindparam("row_trial"),
        _m.step == bindparam("row_step"),
        _m.epoch == bindparam("row_epoch"),
    )
    .values(metrics=bindparam("new_metrics"), elapsed=bindparam("new_elapsed"))
)


@cache
def _before_end(count: int) -> Select[Any]:
    """Of each trial the step and the metrics measured last by each distance: one look into the index for each."""
    newest = (
        select(column)
        .where(
            _m.study == bindparam("study"),
            _m.trial == trials.c.number,
            _m.step <= trials.c.end_step - bindparam(f"left_{place}"),
        )
        .order_by(_m.step.desc(), _m.epoch.desc())
        .limit(1)
        .correlate(trials)
        .scalar_subquery()
        for place in range(count)
        for column in (_m.step, _m.metrics)
    )
    return select(trials.c.number, *newest).where(
        trials.c.study == bindparam("study"), trials.c.number.in_(bindparam("numbers", expanding=True))
    )


class Measurements:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def merge(
        self, study: Study, number: int, epoch: int, measurements: Sequence[Measurement]
    ) -> list[Measurement]:
        """Adds what is new, and gives all that this epoch has measured at the same steps, by step.

        Raises MeasurementConflict where another value is known, or TooManyMetrics; then nothing is stored.
        """
        if not measurements:
            return []
        known = self._known(study, number, epoch, [measurement.step for measurement in measurements])
        merged = dict(known)
        for measurement in measurements:
            step = measurement.step
            metrics, elapsed = merged.get(step, ({}, 0.0))
            _check(number, step, metrics, measurement.metrics)
            merged[step] = ({**metrics, **measurement.metrics}, max(elapsed, measurement.elapsed))
            if len(merged[step][0]) > MAX_METRICS:
                raise TooManyMetrics(number, step, MAX_METRICS)
        new = [step for step in merged if step not in known]
        if new:
            self._connection.execute(
                _INSERT,
                [
                    {
                        "study": study.key,
                        "trial": number,
                        "step": step,
                        "epoch": epoch,
                        "metrics": metrics_text(merged[step][0]),
                        "elapsed": merged[step][1],
                    }
                    for step in new
                ],
            )
        for step in known:
            (metrics, elapsed), (old_metrics, old_elapsed) = merged[step], known[step]
            if len(metrics) == len(old_metrics) and elapsed == old_elapsed:
                continue
            place = {"row_study": study.key, "row_trial": number, "row_step": step, "row_epoch": epoch}
            self._connection.execute(
                _UPDATE, {**place, "new_metrics": metrics_text(metrics), "new_elapsed": elapsed}
            )
        return [Measurement(step, *merged[step], epoch) for step in sorted(merged)]

    def at(self, study: Study, number: int, step: int, since_epoch: int = 0) -> Measurement | None:
        """The newest epoch's value of each metric; its epoch is the newest that measured the step.

        Epochs before `since_epoch` do not count.
        """
        values = {"study": study.key, "trial": number, "step": step, "since_epoch": since_epoch}
        rows = self._connection.execute(_AT, values)
        return next((measurement for _, measurement in _newest(rows)), None)

    def at_each(self, study: Study, steps: Mapping[int, int]) -> dict[int, Measurement]:
        """What each of these trials, by number, measured at its step, as `at` gives it; those without are left out."""
        found: dict[int, Measurement] = {}
        numbers = list(steps)
        for start in range(0, len(numbers), _CHUNK):
            chunk = numbers[start : start + _CHUNK]
            values = {"study": study.key, "trials": chunk, "steps": sorted({steps[n] for n in chunk})}
            measured = _newest(self._connection.execute(_AT_EACH, values))
            found |= {number: each for number, each in measured if each.step == steps[number]}
        return found

    def page(self, study: Study, number: int, after: int, limit: int) -> list[Measurement]:
        """By step, those after the given one (-1 is before the first), each as `at` gives it."""
        values = {"study": study.key, "trial": number, "after": after, "limit": limit}
        return [measurement for _, measurement in _newest(self._connection.execute(_PAGE, values))]

    def newest(self, study: Study, number: int, limit: int) -> list[Measurement]:
        """Those at the newest `limit` steps, by step, each as `at` gives it."""
        values = {"study": study.key, "trial": number, "limit": limit}
        return [measurement for _, measurement in _newest(self._connection.execute(_NEWEST, values))]

    def before_end(
        self, study: Study, numbers: Collection[int], left: Collection[int]
    ) -> dict[int, list[Measurement]]:
        """Of each of these trials what it measured last with so many, or more, steps left to its end; by step.

        The newest epoch's alone, and not its time. However many measurements there are, only these are read.
        """
        found: dict[int, list[Measurement]] = {number: [] for number in sorted(numbers)}
        if not left:
            return found
        wanted = list(found)
        asked = {f"left_{place}": steps for place, steps in enumerate(sorted(left, reverse=True))}
        for start in range(0, len(wanted), _CHUNK):
            values = {"study": study.key, "numbers": wanted[start : start + _CHUNK], **asked}
            for number, *measured in self._connection.execute(_before_end(len(asked)), values):
                stored = dict(zip(measured[::2], measured[1::2], strict=True))
                found[number] = [
                    Measurement(step, parsed(metrics)) for step, metrics in stored.items() if step is not None
                ]
        return found

    def _known(
        self, study: Study, number: int, epoch: int, steps: Sequence[int]
    ) -> dict[int, tuple[dict[str, float], float]]:
        values = {
            "study": study.key,
            "trial": number,
            "epoch": epoch,
            "first": min(steps),
            "last": max(steps),
        }
        wanted = set(steps)
        rows = self._connection.execute(_IN_EPOCH, values)
        return {step: (parsed(metrics), elapsed) for step, metrics, elapsed in rows if step in wanted}


def _check(number: int, step: int, stored: Mapping[str, float], reported: Mapping[str, float]) -> None:
    for metric, value in reported.items():
        if metric in stored and not _same(stored[metric], value):
            raise MeasurementConflict(number, step, metric, stored[metric], value)


def _same(a: float, b: float) -> bool:
    # Bit for bit, except that every NaN is the same.
    return struct.pack("<d", a) == struct.pack("<d", b) or (isnan(a) and isnan(b))


def _newest(rows: Iterable[Sequence[Any]]) -> list[tuple[int, Measurement]]:
    """Merges rows that are sorted by trial, step and epoch into one measurement of each step."""
    found: list[tuple[int, Measurement]] = []
    for trial, step, epoch, metrics, elapsed in rows:
        values = parsed(metrics)
        if found and (found[-1][0], found[-1][1].step) == (trial, step):
            values = {**found.pop()[1].metrics, **values}
        found.append((trial, Measurement(step=step, metrics=values, elapsed=elapsed, epoch=epoch)))
    return found
