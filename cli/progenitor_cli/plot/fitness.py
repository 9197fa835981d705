"""The panel of the metric over the steps, with the lineage drawn through it."""

import math
from collections.abc import Mapping

from matplotlib.axes import Axes

from .lines import Line, draw_lines, draw_winner
from .marks import draw_marks
from .records import StudyData, Trial
from .style import COPY, OTHER, WINNER, strength
from .value_axis import value_axis
from .words import counted, shortened


def draw_fitness(axes: Axes, data: StudyData) -> None:
    """Each trial is a line from its parent's value to its own; one that has a single value is a dot."""
    values = [trial.measured[1] for trial in data.trials if trial.measured is not None]
    finite = [value for value in values if math.isfinite(value)]
    points = {trial.number: data.points(trial) for trial in data.trials}
    kept = [value for trial in data.path for _, value in points[trial.number] if math.isfinite(value)]
    axis = value_axis(finite, kept, minimized=data.minimized)
    lines = {n: [(step, axis.nearest(value)) for step, value in line] for n, line in points.items()}
    axis.apply(axes)
    draw_others(axes, data, lines)
    draw_winner(axes, [point for trial in data.path for point in lines[trial.number]])
    if data.path:
        axes.plot(*lines[data.path[-1].number][-1], marker="o", markersize=7, color=WINNER, zorder=5)

    def place(trial: Trial, along: float) -> tuple[float, float]:
        """On the trial's line; what has no value lies on the edge."""
        known = [point for point in lines[trial.number] if math.isfinite(point[1])]
        if not known:
            return trial.reached, axis.low
        (first, before), (last, after) = known[0], known[-1]
        if along == 1.0:
            return trial.reached, after
        return first + along * (last - first), axis.scale.between(before, after, along)

    draw_marks(axes, data, place)
    axes.set_ylabel(shortened(data.metric, 36))
    axes.set_xlabel("steps")
    better = "less is better" if data.minimized else "greater is better"
    axes.set_title(f"Fitness and lineage: {better}", loc="left", weight="bold")
    axes.set_title(remark(axis.outside, len(values) - len(finite)), loc="right", fontsize=8.5)


def draw_others(axes: Axes, data: StudyData, lines: Mapping[int, Line]) -> None:
    strong = strength(data)
    copied = {child.number for _, child in data.copies}
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


def remark(outside: int, not_finite: int) -> str:
    notes = []
    if outside:
        notes.append(f"beyond this axis: {counted(outside, 'trial')}")
    if not_finite:
        notes.append(f"without a finite value: {counted(not_finite, 'trial')}")
    return "; ".join(notes)
