"""Several objectives at once, after NSGA-II: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm".

a dominates b if it is at least as good in every objective and better in one. Of the points that are compared,

    rank(x)     = 0 if nobody dominates x, else 1 + the rank that x has without the points of rank 0
    crowding(x) = Σ over objectives (v⁺ − v⁻) / (vmax − vmin)       among the points of its rank; ∞ at either end

where v⁺ and v⁻ are the values next to x's own, above and below it. The lower rank is fitter, and with the same rank
the less crowded. Equal points count once and share what they get, and v⁺, v⁻ differ from x's value, so that the order
of the points decides nothing (the published sort breaks such ties by their order).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from progenitor_storage.model.spec import Goal, MetricSpec

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Point = tuple[float, ...]
"""The objectives, greater is better in each of them; all finite."""

MAX_COMPARED = 2000
"""Points of three or more objectives: all pairs are compared, which takes some 20 ms for these."""


def objectives(metrics: Sequence[MetricSpec], values: Mapping[str, float]) -> Point:
    """Weights do not count. Raises KeyError if a metric of the study is missing from `values`."""
    return all_objectives(metrics, [values])[0]


def all_objectives(metrics: Sequence[MetricSpec], values: Sequence[Mapping[str, float]]) -> list[Point]:
    """Those of many trials, in a quarter of the time."""
    signs = [(metric.name, 1.0 if metric.goal is Goal.MAXIMIZE else -1.0) for metric in metrics]
    # 0.0 is added so that −0.0 and 0.0 are one point.
    return [tuple([sign * each[name] + 0.0 for name, sign in signs]) for each in values]


def dominates(a: Point, b: Point) -> bool:
    return a != b and all(mine >= other for mine, other in zip(a, b, strict=True))


def scores(points: Sequence[Point]) -> list[float]:
    """Of each point a number, greater is fitter, by rank, then by crowding; equal for what neither tells apart."""
    distinct = sorted(set(points))
    if not distinct:
        return []
    values = np.array(distinct, dtype=np.float64)
    found = ranks(values)
    crowded = np.empty(len(values))
    for rank in range(int(found.max()) + 1):
        of_rank = np.flatnonzero(found == rank)
        crowded[of_rank] = crowding(values[of_rank])
    keys = list(zip((-found).tolist(), crowded.tolist(), strict=True))
    places = {key: float(place) for place, key in enumerate(sorted(set(keys)))}
    of_point = {point: places[key] for point, key in zip(distinct, keys, strict=True)}
    return [of_point[point] for point in points]


def ranks(values: Floats) -> Ints:
    """Of distinct points, shape (points, objectives) in ascending order of their rows; shape (points,)."""
    return _ranks_of_two(values) if values.shape[1] == 2 else _ranks_of_many(values)


def crowding(values: Floats) -> Floats:
    """Of distinct points of the same rank, shape (points, objectives); shape (points,)."""
    total = np.zeros(len(values))
    for column in (values / 2).T:  # halves, as a difference may be greater than the greatest number
        levels, place = np.unique(column, return_inverse=True)
        if len(levels) == 1:
            continue
        gaps = np.full(len(levels), np.inf)
        gaps[1:-1] = (levels[2:] - levels[:-2]) / (levels[-1] - levels[0])
        total += gaps[place]
    return total


def _ranks_of_two(values: Floats) -> Ints:
    """From the best to the worst of the first objective: of each rank, only the greatest second value seen matters.

    Those values fall from rank to rank, so the rank is found by bisection (Jensen 2003), n log n in all.
    """
    found = np.empty(len(values), dtype=np.int64)
    least: list[float] = []  # of the second value's negative, as bisection wants what rises
    for place, second in reversed(list(enumerate(values[:, 1].tolist()))):
        rank = bisect_right(least, -second)
        found[place] = rank
        least[rank : rank + 1] = [-second]
    return found


def _ranks_of_many(values: Floats) -> Ints:
    """Rank by rank: what nobody dominates is taken away."""
    dominated = np.ones((len(values), len(values)), dtype=bool)
    for column in values.T:
        dominated &= column[:, None] >= column[None, :]
    np.fill_diagonal(dominated, val=False)
    dominators = np.count_nonzero(dominated, axis=0)
    found = np.full(len(values), -1, dtype=np.int64)
    rank = 0
    while (best := np.flatnonzero((dominators == 0) & (found < 0))).size:
        found[best] = rank
        dominators -= np.count_nonzero(dominated[best], axis=0)
        rank += 1
    return found
