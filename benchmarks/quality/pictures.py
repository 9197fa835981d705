"""Pictures for `docs/quality.md`."""

from math import ceil, isfinite
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .evidence import COUNTED, Evidence
from .jobs import CURVE_POINTS
from .methods import DEFAULT, METHODS, RANDOM, RAY_PBT
from .problems import PROBLEMS, SIZED, SIZES
from .tables import own_or, present

COLORS = {
    RANDOM: "#9a9a9a",
    DEFAULT: "#0b6e4f",
    "pbt-2017": "#4c78a8",
    "pbt-2019": "#9d6fb8",
    "gp": "#d1495b",
    "sub-populations": "#edae49",
    "weighted": "#30638e",
    RAY_PBT: "#111111",
    "ray-pb2": "#e377c2",
    "ray-pb2-log": "#f4a6d7",
}
STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "progenitor",
    "svg.fonttype": "none",
    "figure.facecolor": "white",
}
DOTS_PER_INCH = 110
"""Of the curves, which are too many points for lines."""
UNDATED = {".svg": {"Date": None}, ".png": {"Software": None}}
"""So that the same results give the same files."""
COMPARED = (DEFAULT, RAY_PBT)
"""Their curves have a band of one standard error."""
COLUMNS = 4
EARLY = CURVE_POINTS // 5
FARTHEST = 20.0
"""Standard errors; what is farther is drawn at the rim."""


def draw(evidence: Evidence, folder: Path) -> list[Path]:
    """Those for which there are results."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    with mpl.rc_context(STYLE):
        for name, figure in (
            ("differences.svg", differences(evidence)),
            ("curves.png", curves(evidence)),
            ("sizes.svg", sizes(evidence)),
        ):
            if figure is not None:
                path = folder / name
                figure.savefig(path, bbox_inches="tight", dpi=DOTS_PER_INCH, metadata=UNDATED[path.suffix])
                plt.close(figure)
                drawn.append(path)
    return drawn


def differences(evidence: Evidence) -> Figure | None:
    """For each problem how many standard errors the methods are from Ray's PBT."""
    problems = [problem.name for problem in present(evidence) if evidence.has(problem.name, RAY_PBT)]
    if not problems:
        return None
    figure, axes = plt.subplots(figsize=(7.5, 0.34 * len(problems) + 1.1))
    axes.axvspan(-COUNTED, COUNTED, color="#eeeeee", zorder=0)
    axes.axvline(0.0, color=COLORS[RAY_PBT], linewidth=0.8)
    for method in METHODS:
        places = [(place, problem) for place, problem in enumerate(problems) if evidence.has(problem, method)]
        if method == RAY_PBT or not places:
            continue
        zs = [evidence.z(problem, method, RAY_PBT) for _, problem in places]
        axes.scatter(
            [min(max(z, -FARTHEST), FARTHEST) for z in zs],
            [place for place, _ in places],
            s=46 if method == DEFAULT else 20,
            color=COLORS[method],
            label=METHODS[method].title,
            zorder=3 if method == DEFAULT else 2,
        )
    axes.set_yticks(range(len(problems)), problems)
    axes.invert_yaxis()
    axes.set_xlim(-FARTHEST - 1, FARTHEST + 1)
    axes.set_xlabel(f"standard errors from Ray PBT (right: better; beyond {FARTHEST:.0f} at the rim)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=4, frameon=False)
    return figure


def curves(evidence: Evidence) -> Figure | None:
    """The mean figure along the steps of a study."""
    problems = present(evidence)
    if not problems:
        return None
    rows = ceil(len(problems) / COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(9.5, 1.9 * rows), squeeze=False, layout="constrained")
    for axes in grid.flat[len(problems) :]:
        axes.set_axis_off()
    lines: dict[str, Line2D] = {}
    for axes, problem in zip(grid.flat, problems, strict=False):
        axes.set_title(problem.name, fontsize=8)
        for method in METHODS:
            if evidence.has(problem.name, method):
                lines[METHODS[method].title] = line(axes, evidence, problem.name, method)
        axes.set_ylim(bottom=floor(evidence, problem.name))
    figure.supxlabel("part of the study's steps", fontsize=8)
    figure.legend(list(lines.values()), list(lines), loc="outside upper center", ncols=6, frameon=False)
    return figure


def floor(evidence: Evidence, problem: str) -> float | None:
    """Where the figures begin that are of interest: what the first steps come to would flatten all the rest."""
    of_methods = [
        evidence.curve(problem, method)[EARLY] for method in METHODS if evidence.has(problem, method)
    ]
    known = [mean.value for mean in of_methods if mean.count > 1]
    return min(known, default=None)


def line(axes: Axes, evidence: Evidence, problem: str, method: str) -> Line2D:
    points = [
        (place / CURVE_POINTS, mean)
        for place, mean in enumerate(evidence.curve(problem, method), 1)
        if mean.count > 1
    ]
    places = [place for place, _ in points]
    color, width = COLORS[method], 1.8 if method == DEFAULT else 1.0
    if method in COMPARED:
        axes.fill_between(
            places,
            [mean.value - mean.error for _, mean in points],
            [mean.value + mean.error for _, mean in points],
            color=color,
            alpha=0.2,
            linewidth=0,
        )
    (drawn,) = axes.plot(places, [mean.value for _, mean in points], color=color, linewidth=width)
    return drawn


def sizes(evidence: Evidence) -> Figure | None:
    """The figure for populations of several sizes."""
    problems = [problem for problem in SIZED if evidence.of(problem, DEFAULT, SIZES[-1])]
    if not problems:
        return None
    figure, grid = plt.subplots(1, len(problems), figsize=(9.5, 2.4), squeeze=False, layout="constrained")
    for axes, problem in zip(grid.flat, problems, strict=True):
        axes.set_title(problem, fontsize=8)
        for method in (RANDOM, DEFAULT, RAY_PBT):
            found = [
                (size, evidence.mean(problem, method, own_or(PROBLEMS[problem], size))) for size in SIZES
            ]
            known = [(size, mean) for size, mean in found if isfinite(mean.error)]
            axes.errorbar(
                [size for size, _ in known],
                [mean.value for _, mean in known],
                [mean.error for _, mean in known],
                color=COLORS[method],
                label=METHODS[method].title,
                marker="o",
                markersize=3,
                capsize=2,
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks(SIZES, [str(size) for size in SIZES])
        axes.set_xlabel("members")
    grid.flat[0].legend(frameon=False)
    return figure
