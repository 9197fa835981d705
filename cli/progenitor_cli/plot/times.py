"""Where the time went: of all trials together, and of each member."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from .records import PARTS, StudyData
from .style import LOST_COLOUR, PART_COLOURS

BAR = 0.72
"""Of a row's height."""


@dataclass(frozen=True, slots=True)
class Unit:
    name: str
    seconds: float


UNITS = (Unit("days", 86400.0), Unit("hours", 3600.0), Unit("minutes", 60.0), Unit("seconds", 1.0))


def unit_for(seconds: float) -> Unit:
    """The largest of which there are at least three."""
    return next((unit for unit in UNITS if seconds >= 3 * unit.seconds), UNITS[-1])


def rows_of_total(data: StudyData) -> tuple[str, ...]:
    return ("trials", "lost") if data.lost else ("trials",)


def draw_total(axes: Axes, data: StudyData) -> None:
    """What was lost is shown by itself: a trial's own time is that of its last holder."""
    unit = unit_for(sum(data.seconds) + data.lost)
    whole = sum(data.seconds) or 1.0
    begin = 0.0
    for part, seconds, colour in zip(PARTS, data.seconds, PART_COLOURS, strict=True):
        label = f"{part} {seconds / whole:.0%}"
        axes.barh(0, seconds / unit.seconds, left=begin, color=colour, height=BAR, label=label)
        begin += seconds / unit.seconds
    if data.lost:
        lost, its = data.lost / unit.seconds, unit_for(data.lost)
        axes.barh(1, lost, color=LOST_COLOUR, height=BAR)
        told = f" {data.lost / its.seconds:.3g} {its.name} to preemptions and failures"
        axes.text(lost, 1, told, va="center", fontsize=8.5)
    rows = rows_of_total(data)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(f"{unit.name} of all workers together")
    axes.set_title("Where the time went", loc="left", weight="bold")
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(PARTS),
        borderpad=0.0,
        borderaxespad=0.4,
        handlelength=1.2,
    )


def draw_times_of_members(axes: Axes, data: StudyData) -> None:
    """In the rows of the panel of the members."""
    rows = data.seconds_of_members
    unit = unit_for(max(map(sum, rows)))
    begin = np.zeros(len(rows))
    for part, colour in enumerate(PART_COLOURS):
        seconds = column(rows, part) / unit.seconds
        axes.barh(
            np.arange(len(rows)), seconds, left=begin, color=colour, height=1.0 if len(rows) > 60 else BAR
        )
        begin += seconds
    axes.tick_params(labelleft=False)
    axes.set_xlabel(f"{unit.name} of its trials")


def column(rows: Sequence[Sequence[float]], part: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.fromiter((row[part] for row in rows), dtype=np.float64, count=len(rows))
