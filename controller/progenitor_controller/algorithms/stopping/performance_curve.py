"""The performance curve stopping rule, of Golovin et al. 2017, "Google Vizier: A service for black-box
optimization".

The final value of a running trial is predicted from its curve so far and from the curves of finished trials;
it is stopped if the probability of exceeding the best of their final values is low. The paper leaves its
regression open ("a Gaussian process with a kernel that measures the similarity of performance curves"). Here,
with s the step reached, curves c at up to eight of the running trial's steps, and b the best final value,

    the gain of a finished trial   g = final value − c(s)        regressed over its c by `student_process`
    stopped if                     P(c(s) + g ≥ b) < probability

in units of the finished trials' usual distance from b, so that neither the metric's unit nor its origin count.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from progenitor_storage.model.spec import MetricSpec, PerformanceCurveStopping

from .curves import Curve, complete, finite, thinned
from .student_process import exceedance

POINTS = 8
"""Of a curve. More say little that is new, as neighbours are alike."""
FAR = 10.0
"""Usual distances from the best, beyond which worse is all the same to the comparison of curves."""
LARGE = 1e150
"""Fitness beyond this is scaled down before it is subtracted or squared."""

SMALLEST = float(np.finfo(np.float64).tiny)

Points = Sequence[tuple[int, float]]
Array = NDArray[np.float64]


def should_stop(
    stopping: PerformanceCurveStopping,
    metrics: Sequence[MetricSpec],
    own: Curve,
    others: Sequence[Curve],
    final_step: int,
) -> bool:
    """Whether a running trial with the measurements `own` is to be stopped now.

    `others` are the curves of trials of other members; those count that have a finite value at `final_step`
    and one by the step reached. Never stopped is one that has nothing left to train, or whose best value is not
    below all of theirs, by the same step or at the end. One that has measured nothing finite is.
    """
    step = max((measurement.step for measurement in complete(metrics, own)), default=-1)
    if not max(0, stopping.grace_steps) <= step < final_step:
        return False
    finished = [
        points
        for other in others
        if (points := finite(metrics, other, final_step))
        and points[0][0] <= step
        and points[-1][0] == final_step
    ]
    if not finished or len(finished) < stopping.min_trials:
        return False
    mine = finite(metrics, own, step)
    if not mine:
        return True
    best_final = max(points[-1][1] for points in finished)
    best_by_now = max(value for points in finished for at, value in points if at <= step)
    if max(value for _, value in mine) >= min(best_final, best_by_now):
        return False
    return reach(mine, finished) < stopping.probability


def reach(mine: Points, finished: Sequence[Points]) -> float:
    """The probability that a curve comes to the best final value of the `finished` ones, whose last point it is.

    Each has a point at or before the last one of `mine`, which is below the best.
    """
    steps = [step for step, _ in thinned(mine, POINTS)]
    rows = np.array([[_at(points, step) for step in steps] for points in [mine, *finished]])
    finals = np.array([points[-1][1] for points in finished])
    largest = max(np.max(np.abs(rows)), np.max(np.abs(finals)))
    if largest > LARGE:
        exact = 2.0 ** -np.frexp(largest)[1]
        rows, finals = rows * exact, finals * exact
    best = np.max(finals)
    rows, finals = rows - best, finals - best
    unit = _usual(np.concatenate([rows[1:].ravel(), finals]), float(rows[0, -1]))
    with np.errstate(over="ignore"):  # infinite is clipped
        gains = np.clip((finals - rows[1:, -1]) / unit, -LARGE, LARGE)
        needed = float(np.minimum(-rows[0, -1] / unit, LARGE))
        curves = np.clip(rows / unit, -FAR, FAR)
    # In the order of their values, so that the order of reading changes no rounding.
    order = np.lexsort([gains, *curves[1:].T])
    return exceedance(curves[1:][order], gains[order], curves[0], needed)


def _at(points: Points, step: int) -> float:
    """The newest value by this step, else the first."""
    return next((value for at, value in reversed(points) if at <= step), points[0][1])


def _usual(distances: Array, own: float) -> float:
    """The median distance from the best; of those that are at it all, that of the running trial."""
    apart = np.abs(distances[distances != 0.0])
    return max(float(np.median(apart)) if apart.size else abs(own), SMALLEST)
