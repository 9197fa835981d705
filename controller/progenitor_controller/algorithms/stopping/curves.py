"""Fitness over steps, as stopping rules compare it."""

from collections.abc import Sequence
from itertools import groupby
from math import inf
from typing import TypeVar

from progenitor_storage.model.spec import MetricSpec, Spec
from progenitor_storage.model.trial import Measurement

from ..fitness import fitness

Curve = Sequence[Measurement]
"""Measurements by step; steps count along the lineage."""

Item = TypeVar("Item")


def complete(metrics: Sequence[MetricSpec], curve: Curve) -> list[Measurement]:
    """Those that hold every metric of the study: the others have no fitness."""
    return [m for m in curve if all(metric.name in m.metrics for metric in metrics)]


def finite(metrics: Sequence[MetricSpec], curve: Curve, last: int) -> list[tuple[int, float]]:
    """Step and fitness of the complete measurements up to the step `last` whose fitness is finite."""
    values = ((m.step, fitness(metrics, m.metrics)) for m in complete(metrics, curve) if m.step <= last)
    return [(step, value) for step, value in values if value is not None]


def fittest(spec: Spec, known: Measurement | None, measured: Sequence[Measurement]) -> Measurement | None:
    """Of what was the fittest before, if anything was, and of what was measured now; the first of equals."""
    best, peak = (-inf, None) if known is None else (_fitness(spec, known), known)
    for measurement in complete(spec.metrics, measured):
        if (value := _fitness(spec, measurement)) > best:
            best, peak = value, measurement
    return peak


def _fitness(spec: Spec, measurement: Measurement) -> float:
    value = fitness(spec.metrics, measurement.metrics)
    return -inf if value is None else value


def thinned(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` ≥ 1 of the items, evenly spread and in their order, the last always among them."""
    places = [(i + 1) * len(items) // count - 1 for i in range(count)]
    return [items[place] for place, _ in groupby(p for p in places if p >= 0)]
