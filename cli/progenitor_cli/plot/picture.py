"""The whole picture: its headline, its legend, and the panels."""

from io import BytesIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, MaxNLocator

from .fitness import draw_fitness
from .layout import HEADLINE, LEFT, WIDTH, Box, Layout, layout_for
from .marks import keys
from .members import draw_members
from .records import StudyData
from .schedules import draw_schedule, shown
from .style import COPY, OTHER, RC, WINNER
from .times import draw_times_of_members, draw_total, rows_of_total
from .words import counted, shortened

DPI = 120
"""Of a PNG, so 1200 pixels wide."""
LEGEND_COLUMNS = 5
MANY_STEPS = 10_000
"""From which on they are written as 10k, 2M."""


class StudyFigure(Figure):
    """A figure that a notebook shows by itself, without pyplot."""

    def _repr_png_(self) -> bytes:
        out = BytesIO()
        self.savefig(out, format="png")
        return out.getvalue()


def picture(data: StudyData) -> Figure:
    with mpl.rc_context(RC):
        legend = handles(data)
        layout = layout_for(
            schedules=len(shown(data)),
            members=data.members,
            legend_rows=-(-len(legend) // LEGEND_COLUMNS),
            time_rows=len(rows_of_total(data)),
        )
        figure = StudyFigure(figsize=(WIDTH, layout.height), dpi=DPI)
        draw_head(figure, layout, data, legend)
        draw_panels(figure, layout, data)
        return figure


def draw_panels(figure: Figure, layout: Layout, data: StudyData) -> None:
    def panel(box: Box, beside: Axes | None = None) -> Axes:
        return figure.add_axes(box.on(layout.height), sharey=beside)

    fitness, members = panel(layout.fitness), panel(layout.members)
    schedules = [panel(box) for box in layout.schedules]
    draw_fitness(fitness, data)
    for axes, parameter in zip(schedules, shown(data), strict=True):
        draw_schedule(axes, data, parameter)
    for axes in schedules[-layout.columns :]:
        axes.set_xlabel("steps")
    draw_members(members, data, height=layout.members.height)
    draw_times_of_members(panel(layout.times, members), data)
    draw_total(panel(layout.total), data)
    span_steps([fitness, *schedules, members], data)


def span_steps(panels: list[Axes], data: StudyData) -> None:
    """The same steps in all panels."""
    first, last = data.steps
    margin = 0.015 * (last - first)
    for axes in panels:
        axes.set_xlim(first - margin, last + margin)
        axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))
        if last >= MANY_STEPS:
            axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def draw_head(figure: Figure, layout: Layout, data: StudyData, legend: list[Line2D]) -> None:
    """The study's name, what it came to, and the legend of all panels."""
    left = (LEFT - 0.65) / WIDTH
    figure.text(left, 1 - 0.24 / layout.height, data.study, weight="bold", fontsize=12)
    figure.text(left, 1 - 0.47 / layout.height, outcome(data))
    figure.legend(
        handles=legend,
        loc="upper left",
        bbox_to_anchor=(left, 1 - HEADLINE / layout.height),
        borderpad=0.0,
        borderaxespad=0.0,
        labelspacing=0.4,
        columnspacing=1.4,
        handlelength=1.6,
        ncols=LEGEND_COLUMNS,
    )


def outcome(data: StudyData) -> str:
    state = data.state if data.state == "completed" else f"{data.state} at {data.progress:.0%}"
    parts = [state, counted(data.members, "member"), counted(len(data.trials), "trial")]
    best = data.path[-1] if data.path else None
    if best is not None and best.measured is not None:
        step, value = best.measured
        parts.append(f"best: trial {best.number}, {shortened(data.metric, 30)} {value:.4g} at step {step}")
    return " · ".join(parts)


def handles(data: StudyData) -> list[Line2D]:
    found = []
    if data.path:
        found.append(Line2D([], [], color=WINNER, linewidth=2.5, label="the best trial's lineage"))
    found.append(Line2D([], [], color=OTHER, linewidth=1.2, label="the others" if data.path else "trials"))
    if data.copies:
        label = f"went on from another member ({len(data.copies):,})"
        found.append(Line2D([], [], color=COPY, linewidth=1.5, label=label))
    return [*found, *keys(data)]
