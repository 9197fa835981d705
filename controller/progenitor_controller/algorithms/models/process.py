"""A Gaussian process: what it says of a function, given noisy values of it, and how it is fitted to them.

With A = K(X, X) + σ² I and zero mean (Rasmussen and Williams 2006, equations 2.25, 2.26, 2.30 and 5.9):

    mean at x         k(x, X) A⁻¹ y
    variance at x     k(x, x) − k(x, X) A⁻¹ k(X, x)
    −log p(y | X, θ)  = ½ yᵀ A⁻¹ y + ½ log |A| + ½ n log 2π
    its slope in θ    ½ tr((A⁻¹ − α αᵀ) ∂A / ∂θ),   α = A⁻¹ y

θ is fitted to the greatest product of this likelihood and independent log-normal priors.
"""

from dataclasses import dataclass
from math import exp, isfinite

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import Bounds, minimize

from .encoding import Array
from .kernels import Kernel, LogNormal, log_of

NOISE = LogNormal(median=0.5, reach=8.0)
"""Of the variance of noise, in units of the variance of standardised targets: a belief in little noise, where there
are few values, finds patterns in it."""

MOST_EVALUATIONS = 40
FIRST_JITTER = 1e-10
"""In units of the diagonal's mean. It grows a hundredfold up to 1 until the matrix is numerically positive definite."""


@dataclass(frozen=True, slots=True)
class GaussianProcess:
    """Given `inputs`, shape (n, columns), and `targets`, shape (n,).

    `theta` holds the logarithms of the kernel's parameters. `noise` is the variance of the targets' noise,
    `factor` the lower Cholesky factor of A and `weights` is α.
    """

    kernel: Kernel
    theta: Array
    noise: float
    inputs: Array
    targets: Array
    factor: Array
    weights: Array

    def mean(self, points: Array) -> Array:
        """Shape (len(points),)."""
        return self.kernel.between(self.theta, points, self.inputs) @ self.weights

    def mean_and_deviation(self, points: Array) -> tuple[Array, Array]:
        """Of the function without noise; both of shape (len(points),)."""
        across = self.kernel.between(self.theta, points, self.inputs)
        explained = (solve_triangular(self.factor, across.T, lower=True, check_finite=False) ** 2).sum(axis=0)
        variance = self.kernel.variance(self.theta) - explained
        return across @ self.weights, np.sqrt(np.maximum(variance, 0.0))

    def sample(self, points: Array, normals: Array) -> Array:
        """One function drawn from what is known, at the points; `normals` of shape (len(points),)."""
        across = self.kernel.between(self.theta, points, self.inputs)
        half = solve_triangular(self.factor, across.T, lower=True, check_finite=False)
        covariance = self.kernel.between(self.theta, points, points) - half.T @ half
        return across @ self.weights + cholesky(covariance) @ normals

    def given(self, inputs: Array, targets: Array) -> "GaussianProcess":
        """The same process with more values known."""
        return conditioned(
            self.kernel,
            self.theta,
            self.noise,
            np.concatenate((self.inputs, inputs)),
            np.concatenate((self.targets, targets)),
        )


def conditioned(kernel: Kernel, theta: Array, noise: float, inputs: Array, targets: Array) -> GaussianProcess:
    """The process of these parameters, given the values; no values are needed."""
    covariance, _ = kernel.among(theta, inputs)
    factor = cholesky(covariance + noise * np.eye(len(targets)))
    weights = cho_solve((factor, True), targets, check_finite=False)
    return GaussianProcess(kernel, theta, noise, inputs, targets, factor, weights)


def fitted(kernel: Kernel, inputs: Array, targets: Array, noise: LogNormal = NOISE) -> GaussianProcess:
    """The process of the likeliest parameters. `targets` are standardised: of mean 0 and variance about 1.

    `noise` is what is believed of the variance of their noise.
    """
    priors = (noise, *kernel.priors)
    middle = log_of(priors)
    spread = np.array([prior.spread for prior in priors])
    reach = np.array([prior.reach for prior in priors])
    identity = np.eye(len(targets))

    def unlikeliness(parameters: Array) -> tuple[float, Array]:
        covariance, pullback = kernel.among(parameters[1:], inputs)
        variance = exp(parameters[0])
        factor = cholesky(covariance + variance * identity)
        weights = cho_solve((factor, True), targets, check_finite=False)
        slope = 0.5 * (inverse(factor) - np.outer(weights, weights))
        away = (parameters - middle) / spread
        value = (
            0.5 * float(targets @ weights) + float(np.log(np.diag(factor)).sum()) + 0.5 * float(away @ away)
        )
        slopes = np.concatenate(([variance * np.trace(slope)], pullback(slope)))
        return value, slopes + away / spread

    found = minimize(
        unlikeliness,
        middle,
        jac=True,
        method="L-BFGS-B",
        bounds=Bounds(middle - reach, middle + reach),
        options={"maxfun": MOST_EVALUATIONS, "ftol": 1e-5, "gtol": 1e-3},
    )
    return conditioned(kernel, found.x[1:], exp(found.x[0]), inputs, targets)


def cholesky(matrix: Array) -> Array:
    """The lower factor of a symmetric matrix whose eigenvalues are not negative but for rounding.

    Raises ValueError if it is not finite or is indefinite beyond rounding.
    """
    factor, failed = dpotrf(matrix, lower=True, clean=True)
    scale = float(np.diag(matrix).mean()) if len(matrix) else 1.0
    jitter = FIRST_JITTER
    while failed and isfinite(scale) and jitter <= 1.0:
        factor, failed = dpotrf(matrix + jitter * scale * np.eye(len(matrix)), lower=True, clean=True)
        jitter *= 100.0
    if failed or not np.isfinite(factor).all():
        raise ValueError("the covariance of the observations is not positive definite")
    result: Array = factor
    return result


def inverse(factor: Array) -> Array:
    """Of the matrix whose lower Cholesky factor this is."""
    lower, _ = dpotri(factor, lower=True)
    result: Array = lower + lower.T
    result[np.diag_indices(len(result))] = np.diag(lower)
    return result
