"""What a picture of a study shows, as records: nothing here knows how it was read or how it is drawn."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

Value = float | int | str
Point = tuple[int, float]
"""A step along the lineage, and the metric there."""

PARTS = ("wait", "restore", "train", "evaluate", "save")
"""Of a trial's time, in the order in which they happen."""


class Kind(Enum):
    """How a hyperparameter's values lie on an axis."""

    LINEAR = "linear"
    LOG = "log"
    PLACES = "places"  # a few values side by side: categories, or a discrete domain's


@dataclass(frozen=True, slots=True)
class Parameter:
    """`places` are the values of a hyperparameter of that kind, in the study's order."""

    name: str
    kind: Kind
    immutable: bool
    places: tuple[Value, ...] = ()

    def at(self, value: Value) -> float:
        """Where a value lies on the axis; NaN for one that the domain does not have."""
        if self.kind is not Kind.PLACES:
            return float(value)
        return float(self.places.index(value)) if value in self.places else math.nan


@dataclass(frozen=True, slots=True)
class Trial:
    """`measured` is the newest measurement of the metric drawn; `seconds` are those of PARTS, in their order."""

    number: int
    member: int
    generation: int
    parent: int | None
    state: str
    start: int
    end: int
    reached: int
    measured: Point | None
    parameters: Mapping[str, Value]
    preemptions: int
    failures: int
    seconds: tuple[float, ...]


@dataclass(frozen=True)  # without slots: what follows from the fields is kept once it was asked for
class StudyData:
    """`trials` by number; `winner` is the best trial's number, None if no fitness is finite.

    `curves` has all measurements of some trials, by number. `progress` is from 0 to 1, `lost` the seconds of work that
    preemptions and failures threw away.
    """

    study: str
    state: str
    progress: float
    metric: str
    minimized: bool
    parameters: tuple[Parameter, ...]
    trials: tuple[Trial, ...]
    winner: int | None
    curves: Mapping[int, Sequence[Point]]
    lost: float

    @cached_property
    def by_number(self) -> dict[int, Trial]:
        return {trial.number: trial for trial in self.trials}

    @cached_property
    def members(self) -> int:
        return max(trial.member for trial in self.trials) + 1

    @cached_property
    def steps(self) -> tuple[int, int]:
        """The first and the last."""
        return min(trial.start for trial in self.trials), max(trial.end for trial in self.trials)

    @cached_property
    def path(self) -> tuple[Trial, ...]:
        """The winner's lineage, oldest first."""
        found: list[Trial] = []
        number = self.winner
        while number is not None:
            trial = self.by_number[number]
            found.append(trial)
            number = trial.parent
        return tuple(reversed(found))

    @cached_property
    def copies(self) -> tuple[tuple[Trial, Trial], ...]:
        """Each parent with its child in another member's place."""
        born = ((self.by_number[t.parent], t) for t in self.trials if t.parent is not None)
        return tuple((parent, child) for parent, child in born if parent.member != child.member)

    def points(self, trial: Trial) -> list[Point]:
        """The metric along a trial's steps, from its parent's checkpoint on; a value that is not finite is NaN."""
        own = self.curves.get(trial.number) or ([trial.measured] if trial.measured is not None else [])
        inherited = self.inherited(trial)
        first = [] if inherited is None or (own and own[0][0] <= inherited[0]) else [inherited]
        return [(step, value if math.isfinite(value) else math.nan) for step, value in (*first, *own)]

    def inherited(self, trial: Trial) -> Point | None:
        """The parent's metric at the checkpoint that the trial started from, if it was measured there."""
        if trial.parent is None:
            return None
        measured = self.by_number[trial.parent].measured
        return measured if measured is not None and measured[0] == trial.start else None

    def in_state(self, *states: str) -> Iterator[Trial]:
        return (trial for trial in self.trials if trial.state in states)

    @cached_property
    def seconds(self) -> tuple[float, ...]:
        """Of all trials together, by part."""
        return summed(self.trials)

    @cached_property
    def seconds_of_members(self) -> tuple[tuple[float, ...], ...]:
        """By member, by part."""
        own: list[list[Trial]] = [[] for _ in range(self.members)]
        for trial in self.trials:
            own[trial.member].append(trial)
        return tuple(map(summed, own))


def summed(trials: Sequence[Trial]) -> tuple[float, ...]:
    return tuple(math.fsum(trial.seconds[part] for trial in trials) for part in range(len(PARTS)))
