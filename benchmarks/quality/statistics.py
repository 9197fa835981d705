"""Means, their standard errors, and how many of them two means are apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign, hypot, inf, nan, sqrt
from statistics import fmean, stdev

ROUNDING = 1e-9
"""A relative difference that is none: some problems have no noise, and sums are rounded."""


@dataclass(frozen=True, slots=True)
class Mean:
    """`error` is the standard error, infinite for a single value."""

    value: float
    error: float
    count: int


def mean_of(values: Sequence[float]) -> Mean:
    if not values:
        return Mean(nan, nan, 0)
    error = stdev(values) / sqrt(len(values)) if len(values) > 1 else inf
    return Mean(fmean(values), error, len(values))


def difference(one: Mean, other: Mean) -> float:
    """In standard errors of the difference (Welch's statistic); positive if `one` is greater."""
    apart = one.value - other.value
    error = hypot(one.error, other.error)
    if abs(apart) <= ROUNDING * max(abs(one.value), abs(other.value)):
        return 0.0
    return apart / error if error else copysign(inf, apart)


def median(values: Sequence[float]) -> float:
    """The lower one of two; nan of none."""
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) // 2] if ordered else nan
