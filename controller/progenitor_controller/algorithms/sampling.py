"""Hyperparameters drawn from their domains."""

from collections.abc import Sequence
from math import exp, log

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

from .streams import Stream


def sample_all(parameters: Sequence[ParameterSpec], stream: Stream) -> Parameters:
    """A value for every parameter, drawn in their order."""
    return {parameter.name: sample(parameter.domain, stream) for parameter in parameters}


def sample(domain: Domain, stream: Stream) -> Value:
    """Uniform on the domain's scale, bounds inclusive."""
    match domain:
        case DoubleDomain(low, high, Scale.LOG):
            return min(max(exp(_between(log(low), log(high), stream)), low), high)
        case DoubleDomain(low, high):
            return min(max(_between(low, high, stream), low), high)
        case IntegerDomain(low, high, Scale.LOG):
            # Each integer i has the mass of [i − ½, i + ½] on the log scale, as in Optuna's IntDistribution.
            return min(max(round(exp(_between(log(low - 0.5), log(high + 0.5), stream))), low), high)
        case IntegerDomain(low, high):
            return low + stream.below(high - low + 1)
        case DiscreteDomain(values):
            return stream.one_of(values)
        case CategoricalDomain(names):
            return stream.one_of(names)


def _between(low: float, high: float, stream: Stream) -> float:
    # Not low + u · (high − low): the width of the largest domains overflows.
    drawn = stream.uniform()
    return low * (1.0 - drawn) + high * drawn
