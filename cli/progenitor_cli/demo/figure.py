"""The figure of the demo: above where θ went, below how good it was; a column for each mode."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PlotMissing, UsageError
from ..plot.saving import KINDS, save
from ..plot.style import BLUE, VERMILLION
from .quadratic import BEGINNING, BEST_POSSIBLE
from .traces import Theta, Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (BLUE, VERMILLION)
"""Of the members."""
MARKERS = ("o", "s")
WIDTHS = (3.0, 1.2)
"""In points, as the sizes below. The first member's line is seen beneath the second's where both are in one place."""
MARKER_SIZES = (9.0, 6.0)
JUMP = (0, (3, 2))
"""The dashes of a copy, in line widths."""
GAP = (nan, nan)
SIZE = (12.0, 6.4)
"""Inches."""
DOTS = 150
"""Per inch."""
LEVELS = (-0.6, -0.3, 0.0, 0.3, 0.6, 0.9, 1.1)
LEAST, MOST = -0.03, 1.03
"""Of θ in the upper row."""


@dataclass(frozen=True, slots=True)
class Column:
    """`best` is the greatest Q of the run."""

    title: str
    best: float
    traces: tuple[Trace, ...]


def figure_file(path: Path) -> Path:
    """Where a figure can be written; raises UsageError, and PlotMissing if nothing can be drawn here."""
    try:
        import matplotlib as mpl  # noqa: F401  is it there?
    except ModuleNotFoundError as error:
        raise PlotMissing(error.name or "matplotlib") from error
    if path.suffix.lower() not in KINDS:
        raise UsageError(f"--figure {str(path)!r}: a picture's name ends with {' or '.join(KINDS)}.")
    if not path.expanduser().parent.is_dir():
        raise UsageError(f"--figure {str(path)!r}: there is no folder {path.parent}.")
    return path.expanduser()


def draw(columns: Sequence[Column], file: Path) -> None:
    """Writes the figure, a PNG or an SVG by the file's name; raises NotWritten."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(
        figsize=SIZE,
        dpi=DOTS,
        layout=ConstrainedLayoutEngine(h_pad=0.08, w_pad=0.06, rect=(0.0, 0.0, 1.0, 0.985)),
    )
    axes = figure.subplots(2, len(columns), squeeze=False, height_ratios=(1.25, 1.0))
    for place, column in enumerate(columns):
        upper, lower = axes[0][place], axes[1][place]
        draw_traces(upper, column)
        draw_qualities(lower, column)
        if place:
            upper.tick_params(labelleft=False)
            lower.tick_params(labelleft=False)
    axes[0][0].set_ylabel("θ₁")
    axes[1][0].set_ylabel("Q")
    add_legend(figure)
    save(figure, file)


def draw_traces(axes: "Axes", column: Column) -> None:
    import numpy as np

    theta = np.linspace(LEAST, MOST, 120)
    theta0, theta1 = np.meshgrid(theta, theta)
    contours = axes.contour(
        theta0,
        theta1,
        BEST_POSSIBLE - theta0**2 - theta1**2,
        LEVELS,
        cmap="viridis_r",
        linewidths=1.0,
        zorder=1,
    )
    axes.clabel(contours, fontsize=7, fmt="%.1f")
    for trace in column.traces:
        draw_trace(axes, trace)
    axes.plot(*BEGINNING, marker="D", color="black", markersize=5, linestyle="none", zorder=4)
    axes.plot(0.0, 0.0, marker="*", color="black", markersize=9, linestyle="none", zorder=4)
    axes.set(xlim=(LEAST, MOST), ylim=(LEAST, MOST), aspect="equal", xlabel="θ₀")
    axes.set_title(f"{column.title}: best {column.best:.4f}", fontsize=11)


def draw_trace(axes: "Axes", trace: Trace) -> None:
    """What was trained as lines to a mark at the end, and the jumps to the copied weights."""
    colour = COLOURS[trace.member]
    trained = [(leg.begin, leg.end) for leg in trace.legs]
    jumps = [(before.end, after.begin) for before, after in pairwise(trace.legs) if after.copied]
    axes.plot(
        *broken_line(trained),
        color=colour,
        linewidth=WIDTHS[trace.member],
        solid_capstyle="round",
        zorder=3,
    )
    axes.plot(*broken_line(jumps), color=colour, linewidth=0.7, linestyle=JUMP, zorder=2)
    axes.plot(
        *trace.legs[-1].end,
        color=colour,
        marker=MARKERS[trace.member],
        markersize=MARKER_SIZES[trace.member],
        markeredgecolor="white",
        linestyle="none",
        zorder=4,
    )


def broken_line(pieces: Iterable[tuple[Theta, Theta]]) -> tuple[list[float], list[float]]:
    """Coordinates of one line with a gap after each piece, which is drawn much faster than many lines."""
    points = [point for begin, end in pieces for point in (begin, end, GAP)]
    return [point[0] for point in points], [point[1] for point in points]


def draw_qualities(axes: "Axes", column: Column) -> None:
    axes.axhline(BEST_POSSIBLE, color="0.35", linewidth=1.0, linestyle="--")
    for trace in column.traces:
        axes.plot(trace.steps, trace.qualities, color=COLOURS[trace.member], linewidth=WIDTHS[trace.member])
    axes.set(xlabel="steps", ylim=(-0.5, 1.3))
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)


def add_legend(figure: "Figure") -> None:
    from matplotlib.lines import Line2D

    handles = [
        *(
            Line2D(
                [],
                [],
                color=colour,
                linewidth=WIDTHS[member],
                marker=MARKERS[member],
                markersize=MARKER_SIZES[member],
                markeredgecolor="white",
                label=f"member {member}",
            )
            for member, colour in enumerate(COLOURS)
        ),
        Line2D([], [], color="0.3", linewidth=0.9, linestyle=JUMP, label="weights copied from the other"),
        Line2D([], [], color="black", marker="D", markersize=5, linestyle="none", label="beginning"),
        Line2D([], [], color="black", marker="*", markersize=9, linestyle="none", label="optimum"),
        Line2D([], [], color="0.35", linestyle="--", linewidth=1.0, label="best possible Q, 1.2"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=9)
