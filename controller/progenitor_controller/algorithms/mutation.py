"""Exploration by mutation: a perturbed or resampled value, never outside its domain.

As `explore` of Jaderberg et al. 2017, "Population based training of neural networks" (arXiv 1711.09846). Each
mutable parameter is changed with the mutation probability: drawn anew from its domain with the resample
probability, else moved one step, then clamped into the bounds. A step is

    factors   x ← x · f                       f one of the factors, each as likely, on either scale
    sigma     x ← x + σ · (max − min) · n     n standard normal; on a log scale of log x

A factor above 1 moves a number away from 0, so a negative one down: that is what multiplying means. Beyond
these:

- No product leaves 0 or crosses it. Where the domain of a double holds 0, a step has at least the size that
  it has at |x| = width / 1000: x ← x + (f − 1) · ±max(|x|, width / 1000).
- An integer moves by at least 1 in the step's direction, unless at that bound.
- A discrete value moves to a neighbour, drawn where there are two; the ends do not wrap.
- A categorical value has no neighbours: it is only ever resampled.
"""

from bisect import bisect_left
from collections.abc import Sequence
from fractions import Fraction
from math import copysign, exp, log

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    Factors,
    IntegerDomain,
    Mutation,
    Parameters,
    ParameterSpec,
    Scale,
    Sigma,
    Value,
)

from .sampling import sample
from .streams import Stream

LEAST_MAGNITUDE = 1e-3
"""In units of the domain's width: a factor's step near 0 is as large as at this magnitude."""


def mutate_all(
    mutation: Mutation, parameters: Sequence[ParameterSpec], inherited: Parameters, stream: Stream
) -> Parameters:
    """`inherited` with every parameter mutated that is not immutable."""
    return {
        parameter.name: inherited[parameter.name]
        if parameter.immutable
        else mutate(mutation, parameter.domain, inherited[parameter.name], stream)
        for parameter in parameters
    }


def mutate(mutation: Mutation, domain: Domain, value: Value, stream: Stream) -> Value:
    """`value` or a changed one, in `domain` and of its type; TypeError if `value` is not of that type."""
    if not stream.chance(mutation.mutation_probability):
        return value
    if stream.chance(mutation.resample_probability):
        return sample(domain, stream)
    match domain, value:
        case DoubleDomain(), float() | int():
            return _stepped_double(mutation.step, domain, float(value), stream)
        case IntegerDomain(), int():
            return _stepped_integer(mutation.step, domain, value, stream)
        case DiscreteDomain(), float() | int():
            return _neighbour(domain, float(value), stream)
        case CategoricalDomain(), str():
            return value
        case _:
            raise TypeError(f"{value!r} is not a value of {domain}")


def _stepped_double(step: Factors | Sigma, domain: DoubleDomain, value: float, stream: Stream) -> float:
    low, high = domain.min, domain.max
    match step:
        case Factors(values):
            moved = _multiplied(domain, value, stream.one_of(values))
        case Sigma(sigma):
            moved = _shifted(low, high, domain.scale, value, _widths(sigma, stream))
    return min(max(moved, low), high)


def _multiplied(domain: DoubleDomain, value: float, factor: float) -> float:
    if not domain.min <= 0.0 <= domain.max:
        return value * factor
    least = LEAST_MAGNITUDE * domain.max - LEAST_MAGNITUDE * domain.min
    if abs(value) >= least:
        return value * factor
    return value + (factor - 1.0) * copysign(least, value or domain.max or domain.min)


def _widths(sigma: float, stream: Stream) -> float:
    # More than one width away from anywhere is beyond a bound, and the largest sigma must not overflow.
    return min(max(sigma * stream.normal(), -1.0), 1.0)


def _shifted(low: float, high: float, scale: Scale, value: float, widths: float) -> float:
    """`value`, moved by so many widths of the domain on its scale."""
    if scale is Scale.LINEAR:
        # Not widths · (high − low): that difference overflows for the largest domains.
        return value + (widths * high - widths * low)
    bottom, top = log(low), log(high)
    # Clamped before exp, which raises where the result is too large.
    return exp(min(max(log(value) + widths * (top - bottom), bottom), top))


def _stepped_integer(step: Factors | Sigma, domain: IntegerDomain, value: int, stream: Stream) -> int:
    low, high = domain.min, domain.max
    match step:
        case Factors(values):
            factor = stream.one_of(values)
            # Exact: beyond 2^53 a float would lose the step.
            moved = round(value * Fraction(factor))
            towards = (factor > 1.0) - (factor < 1.0)
            direction = -towards if value < 0 or value == high == 0 else towards
        case Sigma(sigma):
            drawn = _widths(sigma, stream)
            if domain.scale is Scale.LINEAR:
                moved = value + round(Fraction(drawn) * (high - low))
            else:
                moved = round(_shifted(low, high, Scale.LOG, value, drawn))
            direction = (drawn > 0.0) - (drawn < 0.0)
    if direction > 0:
        moved = max(moved, value + 1)
    elif direction < 0:
        moved = min(moved, value - 1)
    return min(max(moved, low), high)


def _neighbour(domain: DiscreteDomain, value: float, stream: Stream) -> float:
    values = domain.values
    place = bisect_left(values, value)
    neighbours = values[max(place - 1, 0) : place] + values[place + 1 : place + 2]
    return stream.one_of(neighbours) if neighbours else value
