"""Search spaces as Ray Tune has them, and their values.

A parameter is not called by its name alone: to PB2 one that is called `y`, `Time` or `Reward` is a column of its own
table, and it explores nothing any more.
"""

from collections.abc import Mapping
from math import log10
from typing import Any

from ray import tune

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
)

from .problem import Problem

VALUE, LOG10 = "value of ", "log10 of "

Config = dict[str, Any]
"""Of a trial of Ray's: each parameter by its value or, for PB2, by its logarithm."""


def spaces(problem: Problem) -> dict[str, Any]:
    """For `hyperparam_mutations`."""
    return {VALUE + parameter.name: space_of(parameter.domain) for parameter in problem.parameters}


def space_of(domain: Domain) -> Any:
    """As Ray's documentation has it: a list for what is not a range."""
    match domain:
        case DoubleDomain(low, high, Scale.LOG):
            return tune.loguniform(low, high)
        case DoubleDomain(low, high):
            return tune.uniform(low, high)
        case IntegerDomain(low, high, Scale.LOG):
            return tune.lograndint(low, high + 1)
        case IntegerDomain(low, high):
            return tune.randint(low, high + 1)
        case DiscreteDomain(values) | CategoricalDomain(values):
            return list(values)


def plain_bounds(problem: Problem) -> dict[str, list[float]]:
    """For `hyperparam_bounds`."""
    return {VALUE + parameter.name: bounds_of(parameter) for parameter in problem.parameters}


def scaled_bounds(problem: Problem) -> dict[str, list[float]]:
    """The logarithms of the bounds of what is on a log scale."""
    return {
        key(parameter): [log10(bound) if on_log_scale(parameter) else bound for bound in bounds_of(parameter)]
        for parameter in problem.parameters
    }


def key(parameter: ParameterSpec) -> str:
    return (LOG10 if on_log_scale(parameter) else VALUE) + parameter.name


def bounds_of(parameter: ParameterSpec) -> list[float]:
    """Raises TypeError for what PB2 cannot search: it has neither categories nor ordered sets."""
    match parameter.domain:
        case DoubleDomain(low, high):
            return [low, high]
        case domain:
            raise TypeError(f"PB2 cannot search {domain}")


def on_log_scale(parameter: ParameterSpec) -> bool:
    return isinstance(parameter.domain, DoubleDomain) and parameter.domain.scale is Scale.LOG


def plain(values: Parameters) -> Config:
    return {VALUE + name: value for name, value in values.items()}


def scaled(problem: Problem, values: Parameters) -> Config:
    return {
        key(parameter): log10(float(values[parameter.name]))
        if on_log_scale(parameter)
        else values[parameter.name]
        for parameter in problem.parameters
    }


def parameters_of(problem: Problem, config: Mapping[str, Any]) -> Parameters:
    """What a session trains with."""
    return {
        parameter.name: clamped(
            parameter.domain,
            config[VALUE + parameter.name]
            if VALUE + parameter.name in config
            else 10.0 ** config[LOG10 + parameter.name],
        )
        for parameter in problem.parameters
    }


def inside(problem: Problem, config: Config) -> Config:
    """PBT's steps leave a range, which would be another search space: put back, as Ray's examples do, by its hook."""
    return plain(parameters_of(problem, config))


def clamped(domain: Domain, value: Any) -> Any:
    match domain:
        case DoubleDomain(low, high) | IntegerDomain(low, high):
            return min(max(value, low), high)
        case DiscreteDomain() | CategoricalDomain():
            return value
