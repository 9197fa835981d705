"""Numbers of any size and spread, brought to a scale that a model's priors are written for."""

from collections.abc import Sequence
from math import frexp, isfinite, ldexp

import numpy as np

from .encoding import Array

FARTHEST = 3.0
"""Standardised values are at most this far from 0: one diverged training is no measure for the others."""

NORMAL_QUARTILES = 1.3489795003921634
"""How far a normal distribution's quartiles lie from each other, in standard deviations."""


def balanced(values: Sequence[float]) -> Array:
    """The values, divided by the power of two that brings the largest to at most ¼, exactly; NaN stays NaN.

    Differences of the result do not overflow, nor do sums of up to as many squares as memory holds.
    """
    largest = max((abs(value) for value in values if isfinite(value)), default=0.0)
    _, exponent = frexp(largest)
    return np.array([ldexp(value, -exponent - 2) for value in values])


def standardised(values: Array) -> Array:
    """Of median 0; of interquartile range as a normal distribution of variance 1 has; within ±FARTHEST.

    Where the quartiles are equal the standard deviation stands for their distance. Values that are all the same
    are all 0. Shape as given.
    """
    if not len(values):
        return values
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    away = values - middle
    spread = (high - low) / NORMAL_QUARTILES
    if spread <= 0.0:
        spread = np.sqrt((away**2).mean())
    if spread <= 0.0:
        return np.zeros_like(values)
    # Clipped before it is divided: a quotient by the least numbers overflows.
    scaled: Array = np.clip(
        np.clip(away, -FARTHEST * spread, FARTHEST * spread) / spread, -FARTHEST, FARTHEST
    )
    return scaled
