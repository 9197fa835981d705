"""A Gaussian process of unknown scale, averaged over a few kernels: a Student process.

With gains y of n curves, kernel K and noise λ (Rasmussen & Williams 2006, "Gaussian processes for machine
learning"; Shah et al. 2014, "Student-t processes as alternatives to Gaussian processes"):

    y ~ N(0, σ²·A),   A = K + λ·I,   σ² ~ InverseGamma(a, b)

    y* | y  ~  t of ν = 2a + n degrees of freedom, of
        mean     k*ᵀ A⁻¹ y
        scale²   (2b + yᵀ A⁻¹ y) / ν · (k** + λ − k*ᵀ A⁻¹ k*)
    log p(y) = −½ log|A| − (a + n/2) · log(b + ½ yᵀ A⁻¹ y) + constant

Curves x of k points are compared by a constant, a linear and a squared exponential part,

    K(x, x') = 100 + x_k·x'_k + r·r' + exp(−|x − x'|² / (2k·l²)),   r = x_k − x_⌈k/2⌉, the newest rise

and each pair (l, λ) counts as much as its p(y) says.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LENGTHS = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
NOISES = np.array([0.01, 0.1, 1.0])
CONSTANT = 100.0
SHAPE = RATE = 1.0
"""a and b: a scale of about the unit that curves and gains are given in, known as well as from two curves."""


def exceedance(curves: Array, gains: Array, curve: Array, needed: float) -> float:
    """The probability that the gain of `curve` is `needed` or more.

    `curves` are n × k, `gains` n, `curve` k numbers, all finite and in units of a usual difference.
    """
    points = np.vstack([curves, curve])
    rises = points[:, -1] - points[:, (points.shape[1] - 1) // 2]
    linear = CONSTANT + np.outer(points[:, -1], points[:, -1]) + np.outer(rises, rises)
    distances = np.mean((points[:, None, :] - points[None, :, :]) ** 2, axis=2)
    lengths, noises = (grid.ravel() for grid in np.meshgrid(LENGTHS, NOISES))
    kernels = linear + np.exp(-0.5 * distances / lengths[:, None, None] ** 2)

    n = len(gains)
    roots = np.linalg.cholesky(kernels[:, :n, :n] + noises[:, None, None] * np.eye(n))
    targets = np.stack([np.broadcast_to(gains, (len(noises), n)), kernels[:, :n, n]], axis=2)
    whitened = np.linalg.solve(roots, targets)
    fit, cross = whitened[:, :, 0], whitened[:, :, 1]

    degrees = 2.0 * SHAPE + n
    spread = 2.0 * RATE + np.sum(fit * fit, axis=1)
    mean = np.sum(fit * cross, axis=1)
    variance = kernels[:, n, n] + noises - np.sum(cross * cross, axis=1)
    scale = np.sqrt(spread / degrees * np.maximum(variance, noises))
    from scipy.special import stdtr  # noqa: PLC0415 - scipy takes longer to import than all else

    below = stdtr(degrees, (needed - mean) / scale)

    determinant = np.sum(np.log(np.diagonal(roots, axis1=1, axis2=2)), axis=1)
    evidence = -determinant - 0.5 * degrees * np.log(spread)
    weights = np.exp(evidence - np.max(evidence))
    return float(1.0 - np.sum(weights * below) / np.sum(weights))
