"""The whole picture: which panels there are, and where."""

from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.lines import Line2D

from .fitness import draw_fitness
from .marks import keys
from .members import draw_members
from .records import StudyData
from .schedules import draw_schedule, shown
from .style import COPY, OTHER, RC, WINNER
from .times import draw_times_of_members, draw_total

WIDTH, DPI = 10.0, 120  # inches; dots per inch: 1200 pixels


@dataclass(frozen=True, slots=True)
class Layout:
    """Heights in inches; `rows` × `columns` panels of schedules."""

    fitness: float
    rows: int
    columns: int
    schedule: float
    members: float
    total: float

    @property
    def heights(self) -> list[float]:
        return [self.fitness, self.rows * self.schedule, self.members, self.total]


def layout_for(data: StudyData) -> Layout:
    panels = len(shown(data))
    columns = panels if panels <= 3 else 2 if panels == 4 else 3
    return Layout(
        fitness=3.6,
        rows=-(-panels // columns),
        columns=columns,
        schedule=1.9 if panels <= 6 else 1.6,
        members=min(4.2, 1.3 + 0.17 * data.members),
        total=1.25 if data.lost else 1.05,
    )


class StudyFigure(Figure):
    """A figure that a notebook shows by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        out = BytesIO()
        self.savefig(out, format="png")
        return out.getvalue()


def picture(data: StudyData) -> Figure:
    with mpl.rc_context(RC):
        layout = layout_for(data)
        figure = StudyFigure(figsize=(WIDTH, sum(layout.heights) + 0.8), dpi=DPI, layout="constrained")
        grid = GridSpec(4, 1, figure=figure, height_ratios=layout.heights)
        figure.suptitle(headline(data), x=0.01, ha="left", weight="bold", fontsize=12)
        first = figure.add_subplot(grid[0])
        draw_fitness(first, data)
        panels = draw_schedules(figure, grid[1], layout, data)
        members = draw_below(figure, grid[2], data)
        draw_total(figure.add_subplot(grid[3]), data)
        span_steps([first, *panels, members], data)
        figure.legend(handles=legend(data), loc="outside upper left", ncols=4)
        return figure


def draw_schedules(figure: Figure, place: SubplotSpec, layout: Layout, data: StudyData) -> list[Axes]:
    parameters = shown(data)
    grid = place.subgridspec(layout.rows, layout.columns)
    panels = [figure.add_subplot(grid[divmod(n, layout.columns)]) for n in range(len(parameters))]
    for axes, parameter in zip(panels, parameters, strict=True):
        draw_schedule(axes, data, parameter)
    for axes in panels[-layout.columns :]:
        axes.set_xlabel("steps")
    return panels


def draw_below(figure: Figure, place: SubplotSpec, data: StudyData) -> Axes:
    grid = place.subgridspec(1, 2, width_ratios=[3, 1])
    members = figure.add_subplot(grid[0])
    draw_members(members, data)
    draw_times_of_members(figure.add_subplot(grid[1], sharey=members), data)
    return members


def span_steps(panels: list[Axes], data: StudyData) -> None:
    """The same steps in all panels."""
    first, last = data.steps
    margin = 0.015 * (last - first)
    for axes in panels:
        axes.set_xlim(first - margin, last + margin)


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


def legend(data: StudyData) -> list[Line2D]:
    handles = (
        [Line2D([], [], color=WINNER, linewidth=2.5, label="the best trial's lineage")] if data.path else []
    )
    handles.append(Line2D([], [], color=OTHER, linewidth=1.2, label="the others"))
    if data.copies:
        label = f"went on from another member ({len(data.copies)})"
        handles.append(Line2D([], [], color=COPY, linewidth=1.5, label=label))
    return [*handles, *keys(data)]
