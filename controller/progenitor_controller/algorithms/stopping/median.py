"""The median stopping rule, of Golovin et al. 2017, "Google Vizier: A service for black-box optimization".

A trial is stopped at step s if its best value by step s is strictly worse than the median of the completed
trials' running averages up to step s.
"""

from collections.abc import Sequence
from math import inf
from statistics import median_high, median_low

from progenitor_storage.model.spec import MedianStopping, MetricSpec

from .curves import Curve, complete, finite


def should_stop(
    stopping: MedianStopping, metrics: Sequence[MetricSpec], own: Curve, others: Sequence[Curve]
) -> bool:
    """Whether a running trial with the measurements `own` is to be stopped now.

    `others` are the curves of trials of other members that have completed this session. Not finite is worse
    than any number; a trial that has measured nothing finite by then is no standard for others.
    """
    step = max((measurement.step for measurement in complete(metrics, own)), default=-1)
    if not max(0, stopping.grace_steps) <= step:
        return False
    averages = [average for other in others if (average := _average(metrics, other, step)) is not None]
    if not averages or len(averages) < stopping.min_trials:
        return False
    best = max((value for _, value in finite(metrics, own, step)), default=-inf)
    return best < _median(averages)


def _average(metrics: Sequence[MetricSpec], curve: Curve, step: int) -> float | None:
    values = [value for _, value in finite(metrics, curve, step)]
    if not values:
        return None
    # Rounding must not lift an average above its greatest value: then the best trial could be stopped.
    # Divided first, because a sum may overflow.
    return min(sum(value / len(values) for value in values), max(values))


def _median(values: Sequence[float]) -> float:
    # Halved before they are added, because a sum may overflow.
    return median_low(values) / 2.0 + median_high(values) / 2.0
