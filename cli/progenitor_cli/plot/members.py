"""The panel of the members: who went on from whom, and what happened to their trials."""

from itertools import count

from matplotlib.axes import Axes

from .lines import Line, draw_lines, draw_winner
from .marks import draw_marks
from .records import StudyData, Trial
from .style import COPY, OTHER, strength

DRAWN = 0.7
"""Of a trial's steps; in the rest is room for the lines to those who go on from it."""
MOST_LABELS = 10


def draw_members(axes: Axes, data: StudyData, *, height: float) -> None:
    """A row for each member, a bar for each trial, a line for each copy. `height` in inches."""
    row = 72 * height / data.members  # points
    draw_lines(
        axes,
        list(map(bar, data.trials)),
        OTHER,
        strength(data),
        zorder=2,
        width=min(4.0, 0.6 * row),
        alpha=0.6,
    )
    copies = [(bar(parent)[1], bar(child)[0]) for parent, child in data.copies]
    draw_lines(axes, copies, COPY, strength(data), zorder=3)
    draw_winner(axes, [point for trial in data.path for point in bar(trial)])
    draw_marks(axes, data, lambda trial, along: (bar(trial, along)[1][0], trial.member))
    axes.set_ylim(data.members - 0.4, -0.6)
    axes.set_yticks(range(0, data.members, distance_of_labels(data.members)))
    axes.set_ylabel("member")
    axes.set_xlabel("steps")
    axes.set_title("Who went on from whom" if data.copies else "Members", loc="left", weight="bold")


def bar(trial: Trial, share: float = 1.0) -> Line:
    """The first share of a trial's bar."""
    length = share * DRAWN * (trial.end - trial.start)
    return ((trial.start, trial.member), (trial.start + length, trial.member))


def distance_of_labels(members: int) -> int:
    """The least of 1, 2, 5, 10, 20, 50, … that needs no more than MOST_LABELS labels."""
    candidates = (digit * int(10**power) for power in count() for digit in (1, 2, 5))
    return next(distance for distance in candidates if members <= distance * MOST_LABELS)
