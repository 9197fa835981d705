"""Metrics turned into one number, greater is fitter."""

from collections.abc import Mapping, Sequence
from math import isfinite

from progenitor_storage.model.spec import Goal, MetricSpec


def fitness(metrics: Sequence[MetricSpec], values: Mapping[str, float]) -> float | None:
    """Σ weight · (value if it is maximized, else −value); None if that or any value is not finite.

    Raises KeyError if a metric of the study is missing from `values`; other names in `values` do not count.
    """
    total = 0.0
    for metric in metrics:
        value = values[metric.name]
        if not isfinite(value):
            return None
        total += metric.weight * (value if metric.goal is Goal.MAXIMIZE else -value)
    return total if isfinite(total) else None
