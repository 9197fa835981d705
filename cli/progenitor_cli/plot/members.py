"""The panel of the members: who went on from whom, and what happened to their trials."""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .lines import Line, draw_lines, draw_winner
from .marks import draw_marks
from .records import StudyData, Trial
from .style import COPY, OTHER, strength

DRAWN = 0.7
"""Of a trial's steps; in the rest is room for the lines to those who go on from it."""


def draw_members(axes: Axes, data: StudyData) -> None:
    """A row for each member, a bar for each trial, a line for each copy."""
    strong = strength(data)
    bars = [bar(trial) for trial in data.trials]
    draw_lines(axes, bars, OTHER, strong, zorder=2, width=1.0 if data.members > 60 else 3.0)
    draw_lines(
        axes, [(bar(parent)[1], bar(child)[0]) for parent, child in data.copies], COPY, strong, zorder=3
    )
    draw_winner(axes, [point for trial in data.path for point in bar(trial)])
    draw_marks(axes, data, lambda trial: ((bar(trial)[0][0] + bar(trial)[1][0]) / 2, trial.member))
    axes.set_ylim(data.members - 0.4, -0.6)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
    axes.set_ylabel("member")
    axes.set_xlabel("steps")
    axes.set_title("Who went on from whom", loc="left", weight="bold")


def bar(trial: Trial) -> Line:
    length = DRAWN * (trial.end - trial.start)
    return ((trial.start, trial.member), (trial.start + length, trial.member))
