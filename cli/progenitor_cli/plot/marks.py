"""What happened to trials besides being completed, and how it is marked."""

from collections.abc import Callable, Iterable, Iterator

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from .records import StudyData, Trial
from .style import CANCELLED, FAILED, PREEMPTED, RETRIED, RUNNING, STOPPED, Mark, strength

Place = Callable[[Trial, float], tuple[float, float]]
"""Where on a panel a share of a trial's line lies, from 0 at its beginning to 1 at its end."""


def events(data: StudyData) -> Iterator[tuple[Mark, list[Trial]]]:
    """Only what happened; a trial may have several marks."""
    found = (
        (PREEMPTED, [trial for trial in data.trials if trial.preemptions]),
        (RETRIED, [trial for trial in data.trials if trial.failures and trial.state != "failed"]),
        (FAILED, list(data.in_state("failed"))),
        (STOPPED, list(data.in_state("stopped", "stopping"))),
        (CANCELLED, list(data.in_state("cancelled"))),
        (RUNNING, list(data.in_state("running", "pending", "preempted"))),
    )
    return ((mark, trials) for mark, trials in found if trials)


def draw_marks(axes: Axes, data: StudyData, place: Place) -> None:
    for mark, trials in events(data):
        at = [place(trial, mark.along) for trial in trials]
        strong = strength(data)
        axes.scatter(
            [x for x, _ in at],
            [y for _, y in at],
            s=strong.mark,
            marker=mark.shape,
            facecolors=mark.colour if mark.filled else "white",
            edgecolors="none" if mark.filled else mark.colour,
            linewidths=strong.width,
            zorder=6,
            clip_on=False,
            rasterized=strong.rasterized,
        )


def keys(data: StudyData) -> Iterable[Line2D]:
    """For a legend."""
    for mark, trials in events(data):
        yield Line2D(
            [],
            [],
            linestyle="none",
            marker=mark.shape,
            markersize=6,
            markerfacecolor=mark.colour if mark.filled else "white",
            markeredgecolor=mark.colour,
            label=f"{mark.label} ({len(trials):,})",
        )
