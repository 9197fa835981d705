"""Results, as the tables and pictures ask for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from .jobs import CURVE_POINTS, SAMPLED, Job, Result
from .methods import METHODS, RANDOM
from .statistics import ROUNDING, Mean, difference, mean_of, median

COUNTED = 2.0
"""Standard errors beyond which a difference counts."""
NEGLIGIBLE = 0.01
"""Of what lies between the best and the worst method of a problem: less is no difference, however certain."""

Cell = tuple[str, str, int | None, str]
"""Problem, method, members, start."""


@dataclass(frozen=True, slots=True)
class ToTarget:
    """Steps, as a part of all that a study may train, until the target; `median` is inf if half never come there."""

    target: float
    median: float
    reached: int
    count: int


class Evidence:
    def __init__(self, results: Mapping[Job, Result]) -> None:
        self._cells: dict[Cell, list[Result]] = {}
        for job in sorted(results, key=lambda job: job.seed):
            if not results[job].error:
                cell = (job.problem, job.method, job.members, job.start)
                self._cells.setdefault(cell, []).append(results[job])

    def of(
        self, problem: str, method: str, members: int | None = None, start: str = SAMPLED
    ) -> Sequence[Result]:
        return self._cells.get((problem, method, members, start), ())

    def mean(self, problem: str, method: str, members: int | None = None, start: str = SAMPLED) -> Mean:
        return mean_of([result.value for result in self.of(problem, method, members, start)])

    def worse(self, problem: str, method: str) -> Mean:
        return mean_of([result.worse for result in self.of(problem, method)])

    def z(self, problem: str, method: str, against: str) -> float:
        return difference(self.mean(problem, method), self.mean(problem, against))

    def counts(self, problem: str, method: str, against: str) -> bool:
        """Whether the two differ beyond COUNTED standard errors, and by more than next to nothing."""
        apart = abs(self.mean(problem, method).value - self.mean(problem, against).value)
        means = [self.mean(problem, each).value for each in METHODS if self.has(problem, each)]
        small = NEGLIGIBLE * (max(means) - min(means))
        return apart > small and abs(self.z(problem, method, against)) > COUNTED

    def has(self, problem: str, *methods: str) -> bool:
        return all(len(self.of(problem, method)) > 1 for method in methods)

    def curve(self, problem: str, method: str) -> Sequence[Mean]:
        """At each of CURVE_POINTS parts of the steps; where a study had not ended a session yet it is left out."""
        of_seeds = [result.curve for result in self.of(problem, method)]
        return [
            mean_of([value for curve in of_seeds if (value := curve[point]) is not None])
            for point in range(CURVE_POINTS)
        ]

    def to_target(self, problem: str, method: str) -> ToTarget:
        """The target is what random search comes to on average with all its steps."""
        target = self.mean(problem, RANDOM).value
        firsts = [first_at(result.curve, target) for result in self.of(problem, method)]
        return ToTarget(target, median(firsts), sum(first < inf for first in firsts), len(firsts))


def first_at(curve: Sequence[float | None], target: float) -> float:
    """The part of the steps at which a curve first is at the target; inf if it never is."""
    for point, value in enumerate(curve, 1):
        if value is not None and value >= target - ROUNDING * abs(target):
            return point / CURVE_POINTS
    return inf
