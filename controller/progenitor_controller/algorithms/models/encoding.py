"""Hyperparameters as points of the unit cube, and back.

A number is one column, linear on its domain's scale: 0 is the lower bound, 1 the upper one. An integer i of an
integer domain stands for the interval [i − ½, i + ½] and is its middle (on a log scale: its logarithm's place),
so that a uniform column gives each integer the mass that sampling gives it. A discrete value is the middle of
one of as many intervals as there are values, in their order: neighbours are equally far apart. A categorical
value is one column for each category, 1 / √2 where it is that category and else 0: two different categories
are at distance 1, whichever they are.

The categories' columns are those of a one-hot encoding (Garrido-Merchán and Hernández-Lobato 2020, "Dealing with
categorical and integer-valued variables in Bayesian optimization with Gaussian processes"), and as proposed there
points are moved to where a value of the domain lies before a model sees them (`snapped`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import exp, isinf, log

import numpy as np
import numpy.typing as npt

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
    Value,
)

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

HOT = 0.5**0.5
LEAST = 5e-324
"""The least positive number."""

MOST_STEPS = 2**40
"""Integers that are nearer to each other than 1 / this are not told apart before they are decoded."""


@dataclass(frozen=True)
class Encoding:
    """The unit cube of some parameters. `width` columns; the columns of parameter i are `columns[i]`."""

    parameters: tuple[ParameterSpec, ...]

    @cached_property
    def columns(self) -> tuple[slice, ...]:
        ends = list(accumulate((columns_of(p.domain) for p in self.parameters), initial=0))
        return tuple(map(slice, ends, ends[1:]))

    @cached_property
    def width(self) -> int:
        return self.columns[-1].stop if self.columns else 0

    @cached_property
    def owners(self) -> Indices:
        """Shape (width,): the index of the parameter that a column belongs to."""
        counts = [columns_of(parameter.domain) for parameter in self.parameters]
        return np.repeat(np.arange(len(counts)), counts)

    @cached_property
    def _stepped(self) -> tuple[tuple[slice, Domain], ...]:
        pairs = zip(self.columns, self.parameters, strict=True)
        return tuple((own, p.domain) for own, p in pairs if not isinstance(p.domain, DoubleDomain))

    def encode(self, values: Parameters) -> Array:
        """Shape (width,). Values outside their domains count as the nearest bound."""
        point: Array = self.encode_all([values])[0]
        return point

    def encode_all(self, values: Sequence[Parameters]) -> Array:
        """Shape (len(values), width)."""
        points = np.zeros((len(values), self.width))
        for own, parameter in zip(self.columns, self.parameters, strict=True):
            points[:, own] = _encoded(parameter.domain, [each[parameter.name] for each in values])
        return points

    def decode(self, point: Array) -> Parameters:
        """Values inside their domains and of their types, whatever finite point it is."""
        pairs = zip(self.columns, self.parameters, strict=True)
        return {parameter.name: decoded(parameter.domain, point[own]) for own, parameter in pairs}

    def snapped(self, points: Array) -> Array:
        """Shape (n, width) as given: each point where the values lie that it decodes to."""
        moved = np.clip(points, 0.0, 1.0)
        for own, domain in self._stepped:
            moved[:, own] = _snapped(domain, points[:, own])
        return moved


def columns_of(domain: Domain) -> int:
    return len(domain.values) if isinstance(domain, CategoricalDomain) else 1


def decoded(domain: Domain, place: Array) -> Value:
    """The value whose place is nearest."""
    at = min(max(float(place[0]), 0.0), 1.0)
    match domain:
        case CategoricalDomain(names):
            return names[int(np.argmax(place))]
        case DiscreteDomain(values):
            return values[min(int(at * len(values)), len(values) - 1)]
        case IntegerDomain(low, high, Scale.LINEAR):
            # In integers: beyond 2^53 a float would leave the domain.
            return min(low + int(at * (high - low + 1)), high)
        case IntegerDomain(low, high):
            return min(max(round(_exponential(domain, at)), low), high)
        case DoubleDomain(low, high, Scale.LOG):
            return min(max(_exponential(domain, at), low), high)
        case DoubleDomain(low, high):
            # Not low + at · (high − low): the width of the largest domains overflows.
            return min(max(low * (1.0 - at) + high * at, low), high)


def _encoded(domain: Domain, values: Sequence[Value]) -> Array:
    """Shape (len(values), columns); TypeError if a value is not of the domain's type."""
    if isinstance(domain, CategoricalDomain):
        places = {name: place for place, name in enumerate(domain.values)}
        held = np.array([places[str(value)] for value in values], dtype=np.intp)
        return np.where(np.arange(len(places)) == held[:, None], HOT, 0.0)
    if isinstance(domain, IntegerDomain) and domain.scale is Scale.LINEAR:
        count = domain.max - domain.min + 1
        # The difference in integers: beyond 2^53 a float would lose it.
        return np.array([[(_whole(value) - domain.min + 0.5) / count] for value in values]).clip(0.0, 1.0)
    return _portions(domain, np.array([_number(value) for value in values]))[:, None]


def _portions(domain: DoubleDomain | IntegerDomain | DiscreteDomain, numbers: Array) -> Array:
    """How far each number is from the domain's lower bound to the upper one; ½ where these are the same."""
    if isinstance(domain, DiscreteDomain):
        nearest = np.abs(numbers[:, None] / 2 - np.array(domain.values) / 2).argmin(axis=1)
        return np.asarray((nearest + 0.5) / len(domain.values))
    bottom, top = _bounds(domain)
    if domain.scale is Scale.LOG:
        numbers = np.log(np.maximum(numbers, LEAST))
    if isinf(top - bottom):
        bottom, top, numbers = bottom / 2, top / 2, numbers / 2
    if top <= bottom:
        return np.full(len(numbers), 0.5)
    portions: Array = np.clip((numbers - bottom) / (top - bottom), 0.0, 1.0)
    return portions


def _whole(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not whole")
    return value


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _snapped(domain: Domain, points: Array) -> Array:
    """Shape (n, columns)."""
    match domain:
        case CategoricalDomain(names):
            return np.where(np.arange(len(names)) == points.argmax(axis=1, keepdims=True), HOT, 0.0)
        case DiscreteDomain(values):
            return _middles(points, len(values))
        case IntegerDomain(low, high, Scale.LINEAR) if high - low < MOST_STEPS:
            return _middles(points, high - low + 1)
        case IntegerDomain(low, high, Scale.LOG) if high < MOST_STEPS:
            bottom, top = _bounds(domain)
            whole = np.rint(np.exp(bottom + np.clip(points, 0.0, 1.0) * (top - bottom)))
            return _portions(domain, np.clip(whole, low, high))
        case DoubleDomain() | IntegerDomain():
            return np.clip(points, 0.0, 1.0)


def _middles(points: Array, count: int) -> Array:
    middles: Array = (np.clip(np.floor(points * count), 0.0, count - 1.0) + 0.5) / count
    return middles


def _bounds(domain: DoubleDomain | IntegerDomain) -> tuple[float, float]:
    """Of the columns' scale."""
    match domain:
        case IntegerDomain(low, high, Scale.LOG):
            return log(low - 0.5), log(high + 0.5)
        case DoubleDomain(low, high, Scale.LOG):
            return log(low), log(high)
        case DoubleDomain(low, high) | IntegerDomain(low, high):
            return low, high


def _exponential(domain: DoubleDomain | IntegerDomain, at: float) -> float:
    low, high = _bounds(domain)
    return exp(min(low + at * (high - low), high))
