"""The median stopping rule, of Golovin et al. 2017, "Google Vizier: A service for black-box optimization".

A trial is stopped at step s if its best value by step s is strictly worse than the median of the completed
trials' running averages up to step s.
"""

from collections.abc import Sequence
from math import inf
from statistics import median_high, median_low

from progenitor_storage.model.spec import MedianStopping, MetricSpec
from progenitor_storage.model.trial import Measurement

from ..fitness import fitness


def should_stop(
    stopping: MedianStopping,
    metrics: Sequence[MetricSpec],
    own: Sequence[Measurement],
    others: Sequence[Sequence[Measurement]],
) -> bool:
    """Whether a running trial with the measurements `own` is to be stopped now.

    `others` are the measurements of each completed trial of other members in the same generation.
    Measurements count that hold every metric; steps count along the lineage, for `grace_steps` too. Not
    finite is worse than any number; a trial that has measured nothing finite by then is no standard for
    others.
    """
    measured = [measurement for measurement in own if _complete(metrics, measurement)]
    step = max((measurement.step for measurement in measured), default=0)
    if not measured or step < stopping.grace_steps:
        return False
    averages = [average for other in others if (average := _average(metrics, other, step)) is not None]
    if not averages or len(averages) < stopping.min_trials:
        return False
    best = max(_finite(metrics, measured), default=-inf)
    return best < _median(averages)


def _average(metrics: Sequence[MetricSpec], measurements: Sequence[Measurement], step: int) -> float | None:
    values = _finite(metrics, [m for m in measurements if m.step <= step and _complete(metrics, m)])
    if not values:
        return None
    # Rounding must not lift an average above its greatest value: then the best trial could be stopped.
    # Divided first, because a sum may overflow.
    return min(sum(value / len(values) for value in values), max(values))


def _median(values: Sequence[float]) -> float:
    # Halved before they are added, because a sum may overflow.
    return median_low(values) / 2.0 + median_high(values) / 2.0


def _finite(metrics: Sequence[MetricSpec], measurements: Sequence[Measurement]) -> list[float]:
    values = (fitness(metrics, measurement.metrics) for measurement in measurements)
    return [value for value in values if value is not None]


def _complete(metrics: Sequence[MetricSpec], measurement: Measurement) -> bool:
    return all(metric.name in measurement.metrics for metric in metrics)
