"""Covariances, and how the likelihood's slope in them becomes one in their logarithmic parameters.

    Matérn ν = 5/2   m(r) = (1 + √5 r + 5/3 r²) exp(−√5 r),   r² = Σ_k ((x_k − x'_k) / l_k)²
    slope            ∂m / ∂ log l_k = 5/3 (1 + √5 r) exp(−√5 r) · ((x_k − x'_k) / l_k)²

(Rasmussen and Williams 2006, "Gaussian processes for machine learning", equations 4.17 and 5.9.) Each column has
the length scale of its group: the columns of one categorical parameter share one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Protocol

import numpy as np

from .encoding import Array, Indices

Pullback = Callable[[Array], Array]
"""From symmetric weights W, shape (n, n), to Σ_ij W_ij ∂K_ij / ∂θ_k, shape (k,)."""


@dataclass(frozen=True, slots=True)
class LogNormal:
    """What is believed of a positive parameter before any data: its median, and the spread of its logarithm.

    Its logarithm is never more than `reach` away from the median's.
    """

    median: float
    spread: float = 1.0
    reach: float = 5.0


class Kernel(Protocol):
    """A covariance of inputs, shape (n, columns), under the logarithms θ of its positive parameters."""

    @property
    def priors(self) -> tuple[LogNormal, ...]:
        """Of each parameter, in the order of θ."""
        ...

    def among(self, theta: Array, inputs: Array) -> tuple[Array, Pullback]:
        """The covariance of all inputs, shape (n, n), and its pullback."""
        ...

    def between(self, theta: Array, left: Array, right: Array) -> Array:
        """Shape (len(left), len(right))."""
        ...

    def variance(self, theta: Array) -> float:
        """Of the function at any one point."""
        ...


@dataclass(frozen=True, slots=True)
class Matern:
    """σ² m(r). θ = log (σ², l of each group); `groups` has shape (columns,)."""

    groups: Indices

    @property
    def priors(self) -> tuple[LogNormal, ...]:
        return (LogNormal(1.0), *length_scales(self.groups))

    def among(self, theta: Array, inputs: Array) -> tuple[Array, Pullback]:
        scaled = inputs * np.exp(-theta[1:][self.groups])
        shape, slope = matern_and_slope(squared_distances(scaled, scaled))
        covariance = exp(theta[0]) * shape
        slope *= exp(theta[0])

        def pullback(weights: Array) -> Array:
            lengths = grouped_slopes(weights * slope, scaled, self.groups)
            return np.concatenate(([np.vdot(weights, covariance)], lengths))

        return covariance, pullback

    def between(self, theta: Array, left: Array, right: Array) -> Array:
        scale = np.exp(-theta[1:][self.groups])
        return exp(theta[0]) * matern(squared_distances(left * scale, right * scale))

    def variance(self, theta: Array) -> float:
        return exp(theta[0])


def length_scales(groups: Indices) -> tuple[LogNormal, ...]:
    """Of each group of columns of a unit cube: as distances there, they grow with the root of the dimension.

    After Hvarfner, Hellsten and Nardi 2024, "Vanilla Bayesian optimization performs great in high dimensions".
    """
    count = int(groups.max(initial=-1)) + 1
    return (LogNormal(0.5 * sqrt(count)),) * count


def matern(squared: Array) -> Array:
    """m(r), of r²."""
    shape, decay = _rising_and_decay(squared)
    shape += (5.0 / 3.0) * squared
    shape *= decay
    return shape


def matern_and_slope(squared: Array) -> tuple[Array, Array]:
    """m(r) and 5/3 (1 + √5 r) exp(−√5 r), of r²."""
    slope, decay = _rising_and_decay(squared)
    shape = (5.0 / 3.0) * squared
    shape += slope
    shape *= decay
    slope *= decay
    slope *= 5.0 / 3.0
    return shape, slope


def _rising_and_decay(squared: Array) -> tuple[Array, Array]:
    """1 + √5 r and exp(−√5 r). In place: at this size a new array costs as much as a logarithm of it."""
    rising = np.multiply(squared, 5.0)
    np.sqrt(rising, out=rising)
    decay = np.negative(rising)
    np.exp(decay, out=decay)
    rising += 1.0
    return rising, decay


def squared_distances(left: Array, right: Array) -> Array:
    """Shape (len(left), len(right)), without an array of all differences."""
    squared: Array = left @ (-2.0 * right.T)
    squared += (left**2).sum(axis=1)[:, None]
    squared += (right**2).sum(axis=1)
    # Rounding may leave less than nothing.
    np.maximum(squared, 0.0, out=squared)
    return squared


def grouped_slopes(weights: Array, scaled: Array, groups: Indices) -> Array:
    """Σ_ij W_ij (s_ik − s_jk)² of symmetric W, summed over each group's columns k; shape (groups,)."""
    columns = 2.0 * (weights.sum(axis=1) @ scaled**2 - (scaled * (weights @ scaled)).sum(axis=0))
    return np.bincount(groups, columns, minlength=int(groups.max(initial=-1)) + 1).astype(np.float64)


def log_of(priors: tuple[LogNormal, ...]) -> Array:
    """The medians' logarithms."""
    return np.array([log(prior.median) for prior in priors])
