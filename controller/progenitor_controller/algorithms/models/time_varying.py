"""The covariance of a gain that depends on hyperparameters and, as training goes on, on other ones.

Inputs are columns (time, fitness, hyperparameters…): when a session began, at which fitness, with what.

    k = a² m_a(time, fitness)  +  b² m_b(fitness, hyperparameters) · exp(−|time − time'| / τ)

m is the Matérn covariance ν = 5/2. The second term is the covariance of PB2 (Parker-Holder et al. 2020, "Provably
efficient online hyperparameter optimization with population-based bandits", arXiv 2002.02518), whose factor
(1 − ε)^(|t − t'| / 2) is this exponential; here with a length scale for each hyperparameter and for the fitness, and
a time τ that is not bounded from below: a bound of ε ≤ ½ over the whole history would hardly forget anything. The
first term is new: that all sessions gain less as training goes on says nothing about hyperparameters.
"""

from dataclasses import dataclass
from math import exp

import numpy as np

from .encoding import Array, Indices
from .kernels import (
    LogNormal,
    Pullback,
    grouped_slopes,
    length_scales,
    matern,
    matern_and_slope,
    squared_distances,
)

TREND = 2
"""The first columns: time and fitness."""

PAIR = np.arange(TREND)


@dataclass(frozen=True, slots=True)
class TimeVarying:
    """`groups`, shape (columns − 2,), of the hyperparameters' columns.

    θ = log (a², the two length scales of m_a, b², τ, fitness's length scale in m_b, l of each group).
    """

    groups: Indices

    @property
    def priors(self) -> tuple[LogNormal, ...]:
        return (
            LogNormal(0.5),
            LogNormal(0.5),
            LogNormal(0.5),
            LogNormal(0.5),
            LogNormal(0.5),
            LogNormal(2.0),
            *length_scales(self.groups),
        )

    def among(self, theta: Array, inputs: Array) -> tuple[Array, Pullback]:
        trend_inputs = inputs[:, :TREND] * np.exp(-theta[1:3])
        main_inputs = inputs[:, 1:] * np.exp(-self._lengths(theta))
        trend, trend_slope = matern_and_slope(squared_distances(trend_inputs, trend_inputs))
        main, main_slope = matern_and_slope(squared_distances(main_inputs, main_inputs))
        trend *= exp(theta[0])
        trend_slope *= exp(theta[0])
        apart = _apart(inputs, inputs) * exp(-theta[4])
        kept = exp(theta[3]) * np.exp(-apart)
        main *= kept
        main_slope *= kept
        groups = np.concatenate(([0], self.groups + 1))

        def pullback(weights: Array) -> Array:
            weighted = weights * main
            return np.concatenate(
                (
                    [np.vdot(weights, trend)],
                    grouped_slopes(weights * trend_slope, trend_inputs, PAIR),
                    [weighted.sum(), np.vdot(weighted, apart)],
                    grouped_slopes(weights * main_slope, main_inputs, groups),
                )
            )

        return trend + main, pullback

    def between(self, theta: Array, left: Array, right: Array) -> Array:
        trend_scale, main_scale = np.exp(-theta[1:3]), np.exp(-self._lengths(theta))
        trend = matern(squared_distances(left[:, :TREND] * trend_scale, right[:, :TREND] * trend_scale))
        main = matern(squared_distances(left[:, 1:] * main_scale, right[:, 1:] * main_scale))
        kept = _apart(left, right)
        kept *= -exp(-theta[4])
        np.exp(kept, out=kept)
        main *= kept
        main *= exp(theta[3])
        trend *= exp(theta[0])
        trend += main
        return trend

    def variance(self, theta: Array) -> float:
        return exp(theta[0]) + exp(theta[3])

    def _lengths(self, theta: Array) -> Array:
        """The logarithms, of the fitness and of each hyperparameter's column."""
        return np.concatenate((theta[5:6], theta[6:][self.groups]))


def _apart(left: Array, right: Array) -> Array:
    distance: Array = left[:, None, 0] - right[None, :, 0]
    np.abs(distance, out=distance)
    return distance
