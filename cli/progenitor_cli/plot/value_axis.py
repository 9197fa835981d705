"""Which values of a metric an axis shows, and on which scale, so that a wild one does not flatten the others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Values = NDArray[np.float64]

WILD = {"linear": 3.0, "log": 1.0, "symlog": 1.0}
"""A value that is this many spans of the core away from it is left out, by the scale on which they are measured."""
LOG_DECADES, SYMLOG_DECADES = 2.0, 3.0
"""What a core has to extend over for such an axis."""
GREATEST, SMALLEST = 1e100, 1e-100
"""What is greater cannot be drawn; what is smaller is zero."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`linear_below` is where a symlog scale, which has both signs and zero, becomes linear."""

    name: Literal["linear", "log", "symlog"] = "linear"
    linear_below: float = 1.0

    def forward(self, values: Values) -> Values:
        match self.name:
            case "linear":
                return values
            case "log":
                return np.log10(values)
            case "symlog":
                return np.arcsinh(values / self.linear_below)

    def back(self, value: float) -> float:
        match self.name:
            case "linear":
                return value
            case "log":
                return math.pow(10.0, value)
            case "symlog":
                return math.sinh(value) * self.linear_below

    def between(self, first: float, last: float, share: float) -> float:
        """On the straight line that the scale draws from the one to the other."""
        low, high = self.forward(np.asarray([first, last]))
        return self.back(float(low + share * (high - low)))


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """`outside` counts the values that it does not show."""

    scale: Scale
    low: float
    high: float
    outside: int

    def nearest(self, value: float) -> float:
        """The value, or the end that it lies beyond; NaN stays."""
        return min(max(value, self.low), self.high) if math.isfinite(value) else math.nan

    def apply(self, axes: Axes) -> None:
        if self.scale.name == "symlog":
            axes.set_yscale("symlog", linthresh=self.scale.linear_below)
        else:
            axes.set_yscale(self.scale.name)
        axes.set_ylim(self.low, self.high)


def value_axis(values: Sequence[float], kept: Sequence[float], *, minimized: bool) -> ValueAxis:
    """All of `kept`, and of the values those that are not wild.

    The core, which says what is wild, is what is kept and the values without the lowest and the highest tenth.
    """
    found, held = drawable(values), drawable(kept)
    if not len(found) and not len(held):
        return ValueAxis(Scale(), 0.0, 1.0, outside=len(values))
    core = np.concatenate([held, middle(found)])
    scale = scale_of(core, found, minimized=minimized)
    if scale.name == "log":
        found = found[found > 0.0]
    seen, inner = scale.forward(found), scale.forward(core)
    reach = WILD[scale.name] * float(np.ptp(inner)) or math.inf
    shown = seen[(seen >= inner.min() - reach) & (seen <= inner.max() + reach)]
    ends = np.concatenate([shown, inner])
    low, high = float(ends.min()), float(ends.max())
    # An axis cannot be much finer than its numbers.
    size = max(abs(low), abs(high))
    margin = 0.05 * (high - low) if high - low > 1e-9 * size else 0.05 * size or 0.5
    return ValueAxis(
        scale, scale.back(low - margin), scale.back(high + margin), outside=len(values) - len(shown)
    )


def drawable(values: Sequence[float]) -> Values:
    array = np.asarray(values, dtype=np.float64)
    array = array[np.abs(array) < GREATEST]  # NaN is not less than anything
    return np.where(np.abs(array) < SMALLEST, 0.0, array)


def middle(values: Values) -> Values:
    """The ends of the values without the lowest and the highest tenth; with few, without the very ends."""
    if len(values) < 3:
        return values
    return np.asarray([np.quantile(values, 0.1, method="higher"), np.quantile(values, 0.9, method="lower")])


def scale_of(core: Values, values: Values, *, minimized: bool) -> Scale:
    """Losses fall over decades and are read so; scores of both signs that do, around their typical size."""
    if core.min() > 0.0:
        decades = math.log10(core.max()) - math.log10(core.min())
        return Scale("log") if minimized and decades >= LOG_DECADES else Scale()
    sizes = np.abs(values[values != 0.0])
    if not len(sizes):
        return Scale()
    typical = float(np.median(sizes))
    wide = float(np.abs(core).max()) >= 10.0**SYMLOG_DECADES * typical
    return Scale("symlog", typical) if wide else Scale()
