"""Two settings of a study's hyperparameters that differ wherever a child's may differ from its parent's."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..domains import Categorical, Discrete, Domain, Double, Integer
from ..session import Value

LOW, HIGH = math.exp(-1), 1 - math.exp(-1)
"""Fractions of a domain; uneven ones, so that a value is hardly ever a library's default by chance."""


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
    pairs = {name: pair(domain) for name, domain in domains.items()}
    return Contrast(
        {name: first for name, (first, _) in pairs.items()},
        {name: pairs[name][0 if domain.immutable else 1] for name, domain in domains.items()},
    )


def pair(domain: Domain) -> tuple[Value, Value]:
    match domain:
        case Double():
            return double_at(domain, LOW), double_at(domain, HIGH)
        case Integer():
            return apart(integer_at(domain, LOW), integer_at(domain, HIGH), int(domain.min), int(domain.max))
        case Discrete():
            last = len(domain.values) - 1
            low, high = apart(round(last * LOW), round(last * HIGH), 0, last)
            return float(domain.values[low]), float(domain.values[high])
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
