"""The panel of the metric over the steps, with the lineage drawn through it."""

import math

from matplotlib.axes import Axes

from .lines import draw_lines, draw_winner
from .marks import draw_marks
from .records import StudyData, Trial
from .style import COPY, OTHER, strength
from .value_axis import value_axis


def draw_fitness(axes: Axes, data: StudyData) -> None:
    """Each trial is a line from its parent's value to its own; what has one value only is a dot."""
    lines = {trial.number: data.points(trial) for trial in data.trials}
    copied = {child.number for _, child in data.copies}
    strong = strength(data)
    draw_lines(axes, [line for n, line in lines.items() if n not in copied], OTHER, strong, zorder=2)
    draw_lines(axes, [lines[number] for number in copied], COPY, strong, zorder=3)
    dots = [line[0] for line in lines.values() if len(line) == 1]
    axes.scatter(
        [step for step, _ in dots],
        [value for _, value in dots],
        s=strong.mark / 3,
        color=OTHER,
        alpha=strong.alpha,
        linewidths=0,
        zorder=2,
        rasterized=strong.rasterized,
    )
    winners = [point for trial in data.path for point in lines[trial.number]]
    values = [trial.measured[1] for trial in data.trials if trial.measured is not None]
    finite = [value for value in values if math.isfinite(value)]
    axis = value_axis(
        finite, [value for _, value in winners if math.isfinite(value)], minimized=data.minimized
    )
    axis.apply(axes)
    draw_winner(axes, winners)

    def place(trial: Trial) -> tuple[float, float]:
        """Where it ended; what has no value lies on the edge."""
        points = [point for point in lines[trial.number] if math.isfinite(point[1])]
        if not points:
            return trial.reached, axis.low
        return trial.reached, min(max(points[-1][1], axis.low), axis.high)

    draw_marks(axes, data, place)
    better = "less is better" if data.minimized else "greater is better"
    axes.set_ylabel(f"{data.metric} ({better})")
    axes.set_xlabel("steps")
    axes.set_title("Fitness and lineage", loc="left", weight="bold")
    axes.set_title(remark(axis.outside, len(values) - len(finite)), loc="right", fontsize=8.5)


def remark(outside: int, not_finite: int) -> str:
    notes = []
    if outside:
        notes.append(f"{outside} trials lie outside of this axis")
    if not_finite:
        notes.append(f"{not_finite} trials have no finite value")
    return ", ".join(notes)
