"""What is worth trying, and where in a mixed space it is most.

    upper confidence bound   mean + κ · deviation (Srinivas et al. 2010)
    expected improvement     (mean − best) Φ(z) + deviation · φ(z),   z = (mean − best) / deviation (Jones et al. 1998)

The greatest value is looked for among points that lie where values of the domains lie, so that no rounding comes
after the choice: points drawn all over the space, then points around the best known ones, nearer and nearer. In
many dimensions only some of a point's parameters are changed at once, as in Eriksson et al. 2019, "Scalable global
optimization via local Bayesian optimization".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ..streams import Stream
from .encoding import Array, Encoding, Indices

Score = Callable[[Array], Array]
"""Of points, shape (n, width), the value of trying each, shape (n,)."""

WIDE = 384
NARROW = 96
RADII = (0.2, 0.1, 0.05, 0.02, 0.01, 0.003)
"""Standard deviations of the steps around the best points, round after round."""

KEPT = 3
"""How many of the best points each round goes on from."""

CHANGED_AT_ONCE = 8
"""About how many parameters of a point are changed in a step."""

REDRAWN = 0.1
"""How often a change of a parameter is a fresh draw instead of a step: a category has no neighbours."""


@dataclass(frozen=True, slots=True)
class Region:
    """The points of an encoding's unit cube that agree with `centre`, shape (width,), in the `fixed` parameters.

    `fixed` has shape (parameters,), of booleans.
    """

    encoding: Encoding
    centre: Array
    fixed: tuple[bool, ...]

    def anywhere(self, count: int, stream: Stream) -> Array:
        """Points drawn uniformly, shape (count, width)."""
        drawn = stream.uniforms(count * self.encoding.width).reshape(count, self.encoding.width)
        return self.inside(drawn)

    def around(self, points: Array, count: int, radius: float, stream: Stream) -> Array:
        """Points near each of `points` in turn, at least one parameter changed in each; shape (count, width)."""
        free = np.flatnonzero(~np.array(self.fixed, dtype=bool))
        near = points[np.arange(count) % len(points)]
        if not len(free):
            return self.inside(near)
        width = self.encoding.width
        chosen = stream.uniforms(count * len(free)).reshape(count, -1) < CHANGED_AT_ONCE / len(free)
        chosen[np.arange(count), (stream.uniforms(count) * len(free)).astype(np.intp)] = True
        redrawn = stream.uniforms(count * len(free)).reshape(count, -1) < REDRAWN
        changed = np.zeros((count, len(self.fixed)), dtype=bool)
        fresh = changed.copy()
        changed[:, free], fresh[:, free] = chosen, redrawn
        stepped = near + radius * stream.normals(count * width).reshape(count, width)
        drawn = stream.uniforms(count * width).reshape(count, width)
        owners = self.encoding.owners
        moved = np.where(fresh[:, owners], drawn, stepped)
        return self.inside(np.where(changed[:, owners], moved, near))

    def inside(self, points: Array) -> Array:
        """The points, moved to where values lie and to this region."""
        held = np.array(self.fixed, dtype=bool)[self.encoding.owners]
        return np.where(held, self.centre, self.encoding.snapped(points))


def best_point(score: Score, region: Region, anchors: Array, stream: Stream) -> Array:
    """Of the region, shape (width,): about where `score` is greatest.

    The search begins at drawn points and at `anchors`, shape (n, width), of which there is at least one. Of equal
    scores the first one found wins; a score that is not a number never does.
    """
    around = region.around(anchors, WIDE // 2, RADII[0], stream)
    points = np.concatenate((region.inside(anchors), region.anywhere(WIDE, stream), around))
    points, scores = _best(points, score(points))
    for radius in RADII:
        near = region.around(points, NARROW, radius, stream)
        points, scores = _best(np.concatenate((points, near)), np.concatenate((scores, score(near))))
    best: Array = points[0]
    return best


def _best(points: Array, scores: Array) -> tuple[Array, Array]:
    order: Indices = np.argsort(-np.nan_to_num(scores, nan=-np.inf), kind="stable")[:KEPT]
    return points[order], scores[order]


def upper_confidence_bound(mean: Array, deviation: Array, kappa: float) -> Array:
    return mean + kappa * deviation


def expected_improvement(mean: Array, deviation: Array, best: float) -> Array:
    """By how much a maximised value is expected to exceed `best`; at least 0."""
    spread = np.maximum(deviation, 1e-12)
    z = (mean - best) / spread
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    improvement: Array = np.maximum(spread * (z * ndtr(z) + density), 0.0)
    return improvement
