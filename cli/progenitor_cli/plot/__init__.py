"""A study as a picture: its lineage and fitness, its schedules, its preempted trials, and where the time went.

`plot_study(client, study)` gives a figure of matplotlib, for programs and notebooks:

    from progenitor import Client, plot_study

    with Client("127.0.0.1:50051") as client:
        plot_study(client, "digits").savefig("digits.svg")

The package can be imported without matplotlib; drawing then raises PlotMissing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import PlotMissing
from .reading import read
from .records import StudyData

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..client import Client

__all__ = ["StudyData", "drawable", "figure", "plot_study", "read"]

DRAWN_WITH = ("matplotlib", "numpy")


def plot_study(client: Client, study: str, metric: str | None = None) -> Figure:
    """The study as it is now; `metric` is drawn over the steps (default: the first one).

    Raises PlotMissing, NothingToDraw for a study without a completed trial, UnknownMetric, and what the client raises.
    """
    drawable()
    return figure(read(client, study, metric))


def drawable() -> None:
    """Raises PlotMissing if matplotlib is not installed: before a long study is read."""
    try:
        from . import picture  # noqa: F401  only whether it can be imported
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in DRAWN_WITH:
            raise
        raise PlotMissing(package) from error


def figure(data: StudyData) -> Figure:
    """Raises PlotMissing if matplotlib is not installed."""
    drawable()
    from .picture import picture

    return picture(data)
