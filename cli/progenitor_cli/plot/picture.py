"""The whole picture: which panels there are, and where."""

from dataclasses import dataclass
from io import BytesIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from .fitness import draw_fitness
from .marks import keys
from .members import draw_members
from .records import StudyData
from .schedules import draw_schedule, shown
from .style import COPY, OTHER, RC, WINNER
from .times import draw_times_of_members, draw_total

WIDTH, DPI = 10.0, 120  # inches; dots per inch: 1200 pixels
CELLS = 12
"""In a row, so that one, two, three or four panels fit."""


class StudyFigure(Figure):
    """A figure that a notebook shows by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        out = BytesIO()
        self.savefig(out, format="png")
        return out.getvalue()


@dataclass(frozen=True, slots=True)
class Layout:
    """`heights` in inches: of the fitness, of each row of schedules, of the members, of the total time."""

    columns: int
    heights: tuple[float, ...]


def layout_for(data: StudyData) -> Layout:
    panels = len(shown(data))
    columns = panels if panels <= 3 else 2 if panels == 4 else 3
    rows = -(-panels // columns)
    schedules = (2.0 if rows <= 2 else 1.7,) * rows
    return Layout(columns, (3.6, *schedules, min(4.2, 1.4 + 0.17 * data.members), 1.1 if data.lost else 0.9))


def picture(data: StudyData) -> Figure:
    with mpl.rc_context(RC):
        layout = layout_for(data)
        figure = StudyFigure(figsize=(WIDTH, sum(layout.heights) + 0.9), dpi=DPI, layout="constrained")
        grid = GridSpec(len(layout.heights), CELLS, figure=figure, height_ratios=layout.heights)
        fitness = figure.add_subplot(grid[0, :])
        draw_fitness(fitness, data)
        panels = draw_schedules(figure, grid, layout.columns, data)
        members = figure.add_subplot(grid[-2, :8])
        draw_members(members, data)
        draw_times_of_members(figure.add_subplot(grid[-2, 8:], sharey=members), data)
        draw_total(figure.add_subplot(grid[-1, :]), data)
        span_steps([fitness, *panels, members], data)
        draw_legend(figure, data)
        return figure


def draw_schedules(figure: Figure, grid: GridSpec, columns: int, data: StudyData) -> list[Axes]:
    width = CELLS // columns
    panels = []
    for n, parameter in enumerate(shown(data)):
        row, column = divmod(n, columns)
        axes = figure.add_subplot(grid[1 + row, column * width : (column + 1) * width])
        draw_schedule(axes, data, parameter)
        panels.append(axes)
    for axes in panels[-columns:]:
        axes.set_xlabel("steps")
    return panels


def span_steps(panels: list[Axes], data: StudyData) -> None:
    """The same steps in all panels."""
    first, last = data.steps
    margin = 0.015 * (last - first)
    for axes in panels:
        axes.set_xlim(first - margin, last + margin)
        axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))


def draw_legend(figure: Figure, data: StudyData) -> None:
    """Of all panels, below the headline."""
    figure.legend(
        handles=list(handles(data)),
        title=headline(data),
        title_fontproperties={"weight": "bold", "size": 12},
        loc="outside upper left",
        alignment="left",
        ncols=4,
        borderpad=0.2,
        borderaxespad=0.2,
        columnspacing=1.6,
    )


def headline(data: StudyData) -> str:
    parts = [f"{data.study}: {counted(data.members, 'member')}, {counted(len(data.trials), 'trial')}"]
    if data.state != "completed":
        parts.append(f"{data.state} at {data.progress:.0%}")
    best = data.path[-1] if data.path else None
    if best is not None and best.measured is not None:
        parts.append(f"best: trial {best.number} with {data.metric} {best.measured[1]:.4g}")
    return ", ".join(parts)


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def handles(data: StudyData) -> list[Line2D]:
    found = [Line2D([], [], color=OTHER, linewidth=1.2, label="the others" if data.path else "trials")]
    if data.path:
        found.insert(0, Line2D([], [], color=WINNER, linewidth=2.5, label="the best trial's lineage"))
    if data.copies:
        label = f"went on from another member ({len(data.copies)})"
        found.append(Line2D([], [], color=COPY, linewidth=1.5, label=label))
    return [*found, *keys(data)]
