"""Many lines at once, and the one that matters above them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import Normal, Stroke

from .style import WINNER, Strength

Line = Sequence[tuple[float, float]]


def draw_lines(
    axes: Axes,
    lines: Sequence[Line],
    colour: str,
    strength: Strength,
    *,
    zorder: float,
    width: float | None = None,
    alpha: float | None = None,
) -> None:
    """`width` in points; it and `alpha` are the strength's if not given. A line has a gap where a value is NaN."""
    collection = LineCollection(
        [np.asarray(line, dtype=np.float64) for line in lines if len(line) > 1],
        colors=colour,
        linewidths=strength.width if width is None else width,
        alpha=strength.alpha if alpha is None else alpha,
        zorder=zorder,
        rasterized=strength.rasterized,
        capstyle="butt",
    )
    axes.add_collection(collection, autolim=False)


def draw_winner(axes: Axes, line: Line, marker: str = "") -> None:
    """With a white edge, so that it stands out from a crowd."""
    axes.plot(
        [x for x, _ in line],
        [y for _, y in line],
        color=WINNER,
        linewidth=2.2,
        marker=marker,
        markersize=4,
        zorder=5,
        solid_joinstyle="round",
        path_effects=[Stroke(linewidth=4.2, foreground="white"), Normal()],
    )
