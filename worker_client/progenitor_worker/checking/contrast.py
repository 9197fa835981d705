"""Two settings of a study's hyperparameters that differ wherever a child's may differ from its parent's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..domains import Categorical, Discrete, Domain, Double, Integer
from ..session import Value

LOW = math.exp(-1)
"""A fraction of a domain; an uneven one, so that a value is hardly ever a library's default by chance."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Hyperparameters of a parent and of its child."""

    first: Mapping[str, Value]
    second: Mapping[str, Value]

    @property
    def changed(self) -> tuple[str, ...]:
        return tuple(name for name, value in self.first.items() if self.second[name] != value)


def contrast_of(domains: Mapping[str, Domain]) -> Contrast:
    """Immutable ones stay the same; the others differ unless their domain has one value only."""
    pairs = {
        name: pair(domain, LOW * (1 - place / (2 * len(domains))))  # two of one domain are to be told apart
        for place, (name, domain) in enumerate(domains.items())
    }
    return Contrast(
        {name: first for name, (first, _) in pairs.items()},
        {name: pairs[name][0 if domain.immutable else 1] for name, domain in domains.items()},
    )


def pair(domain: Domain, low: float) -> tuple[Value, Value]:
    """Its values at the fraction `low`, and as far from its other end."""
    match domain:
        case Double():
            return double_at(domain, low), double_at(domain, 1 - low)
        case Integer():
            return apart(
                integer_at(domain, low), integer_at(domain, 1 - low), int(domain.min), int(domain.max)
            )
        case Discrete():
            last = len(domain.values) - 1
            one, other = apart(round(last * low), round(last * (1 - low)), 0, last)
            return float(domain.values[one]), float(domain.values[other])
        case Categorical():
            return domain.values[0], domain.values[-1]


def double_at(domain: Double, fraction: float) -> float:
    least, most = float(domain.min), float(domain.max)
    if domain.log:
        return min(most, max(least, least * math.pow(most / least, fraction)))
    return least + (most - least) * fraction


def integer_at(domain: Integer, fraction: float) -> int:
    return round(double_at(Double(domain.min, domain.max, log=domain.log), fraction))


def apart(low: int, high: int, least: int, most: int) -> tuple[int, int]:
    """Two different whole numbers, if there are two."""
    if low != high:
        return low, high
    return (low, high + 1) if high < most else (max(least, low - 1), high)
