"""Measurements, known by trial, epoch and step; metrics of one step merge."""

import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isnan
from typing import Any

from sqlalchemy import Connection, bindparam, select

from .encoding import metrics_text, parsed
from .errors import MeasurementConflict, TooManyMetrics
from .model.study import Study
from .model.trial import Measurement
from .tables import measurements

_m = measurements.c
_OF_TRIAL = (_m.study == bindparam("study"), _m.trial == bindparam("trial"))
_IN_EPOCH = select(_m.step, _m.metrics, _m.elapsed).where(
    *_OF_TRIAL, _m.epoch == bindparam("epoch"), _m.step >= bindparam("first"), _m.step <= bindparam("last")
)
_COLUMNS = (_m.trial, _m.step, _m.epoch, _m.metrics, _m.elapsed)
_ALL = select(*_COLUMNS).where(*_OF_TRIAL)
_AT = _ALL.where(_m.step == bindparam("step"), _m.epoch >= bindparam("since_epoch")).order_by(_m.epoch)
_PAGED_STEPS = (
    select(_m.step)
    .distinct()
    .where(*_OF_TRIAL, _m.step > bindparam("after"))
    .order_by(_m.step)
    .limit(bindparam("limit"))
)
_PAGE = _ALL.where(_m.step.in_(_PAGED_STEPS)).order_by(_m.step, _m.epoch)
_UP_TO = (
    select(*_COLUMNS)
    .where(
        _m.study == bindparam("study"),
        _m.trial.in_(bindparam("numbers", expanding=True)),
        _m.step <= bindparam("step"),
    )
    .order_by(_m.trial, _m.step, _m.epoch)
)
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

    def page(self, study: Study, number: int, after: int, limit: int) -> list[Measurement]:
        """By step, those after the given one (-1 is before the first), each as `at` gives it."""
        values = {"study": study.key, "trial": number, "after": after, "limit": limit}
        return [measurement for _, measurement in _newest(self._connection.execute(_PAGE, values))]

    def up_to(self, study: Study, numbers: Collection[int], step: int) -> dict[int, list[Measurement]]:
        """Of each of these trials, its measurements up to this step (inclusive), by step."""
        found: dict[int, list[Measurement]] = {number: [] for number in sorted(set(numbers))}
        wanted = list(found)
        for start in range(0, len(wanted), _CHUNK):
            values = {"study": study.key, "numbers": wanted[start : start + _CHUNK], "step": step}
            for number, measurement in _newest(self._connection.execute(_UP_TO, values)):
                found[number].append(measurement)
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
