"""Colours, line widths and marks, the same in every panel.

The colours are those of Okabe and Ito (2008), which readers with any kind of colour vision can tell apart.
"""

from __future__ import annotations  # the settings' names are a type for type checkers only

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .records import StudyData

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
YELLOW = "#F0E442"
GREY = "#8C8C8C"
PALE = "#D0D0D0"
DARK = "#5A5A5A"
INK = "#333333"

WINNER = BLUE
COPY = ORANGE
OTHER = GREY

PART_COLOURS = (PALE, SKY, GREEN, YELLOW, DARK)
"""Of wait, restore, train, evaluate, save."""

LOST_COLOUR = VERMILLION

RC: dict[RcKeyType, Any] = {
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

MOST_VECTORS = 2000
"""Lines in one panel of an SVG; more of them are a picture inside of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn where something happened to a trial: `along` its line, from 0 at its beginning to 1 at its end."""

    label: str
    shape: str
    colour: str
    filled: bool
    along: float = 1.0


PREEMPTED = Mark("preempted", "v", PURPLE, filled=True, along=0.3)
RETRIED = Mark("failed, tried again", "P", VERMILLION, filled=False, along=0.6)
FAILED = Mark("failed", "X", VERMILLION, filled=True)
STOPPED = Mark("stopped", "s", BLACK, filled=False)
CANCELLED = Mark("cancelled", "D", BLACK, filled=False)
RUNNING = Mark("not ended yet", "o", BLACK, filled=False)


@dataclass(frozen=True, slots=True)
class Strength:
    """How strong the lines of the others are: fainter the more there are."""

    alpha: float
    width: float
    mark: float
    rasterized: bool


def strength(data: StudyData) -> Strength:
    """`mark` is an area in points²."""
    crowd = data.members
    return Strength(
        alpha=min(0.75, max(0.12, 20.0 / crowd)),
        width=1.1 if crowd <= 30 else 0.7,
        mark=34.0 if crowd <= 30 else 9.0,
        rasterized=len(data.trials) > MOST_VECTORS,
    )
