"""All problems, and variants of them."""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    DoubleDomain,
    InitialMember,
    IntegerDomain,
    ParameterSpec,
    Scale,
    Value,
)

from .held_back import HELD_BACK
from .known_problems import KNOWN
from .new_problems import JUMP, SHORT_HORIZON, TWO_OBJECTIVES
from .problem import Problem

PROBLEMS: Mapping[str, Problem] = {
    problem.name: problem for problem in (*KNOWN, JUMP, SHORT_HORIZON, TWO_OBJECTIVES, *HELD_BACK)
}

SIZES = (4, 8, 16, 32)
"""Members of the populations that are compared."""
SIZED = ("noisy quadratic", "drifting optimum", "digits")

STARTS: Mapping[str, float | None] = {"sampled": None, "low": 0.1, "middle": 0.5, "high": 0.9}
"""Where all members begin, as a part of each domain's width on its scale."""
STARTED = ("triangle", "noisy quadratic", "drifting optimum")


def variant(name: str, members: int | None, start: str) -> Problem:
    """The problem with another population (None: its own), begun at one of STARTS."""
    problem = PROBLEMS[name]
    if members is not None:
        problem = replace(problem, members=members)
    share = STARTS[start]
    if share is None:
        return problem
    values = {parameter.name: at(parameter, share) for parameter in problem.parameters}
    return replace(problem, initial_population=(InitialMember(values),) * problem.members)


def at(parameter: ParameterSpec, share: float) -> Value:
    """The value of a parameter at a part of its domain's width on its scale."""
    match parameter.domain:
        case DoubleDomain(low, high, Scale.LOG):
            return exp(log(low) + share * (log(high) - log(low)))
        case DoubleDomain(low, high):
            return low + share * (high - low)
        case IntegerDomain(low, high, Scale.LOG):
            return round(exp(log(low) + share * (log(high) - log(low))))
        case IntegerDomain(low, high):
            return round(low + share * (high - low))
        case DiscreteDomain(values) | CategoricalDomain(values):
            return values[round(share * (len(values) - 1))]
