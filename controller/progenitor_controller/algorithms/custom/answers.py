"""What plug-ins may answer. Each function gives the answer as a plain value and raises ValueError for a wrong one."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Value,
)
from progenitor_storage.model.trial import Candidate

from .questions import Selecting


def parent(question: Selecting, answer: Any) -> Candidate | None:
    if answer is None:
        return None
    offered = {candidate.number: candidate for candidate in question.opponents}
    if question.initiator:
        offered[question.initiator.number] = question.initiator
    if isinstance(answer, Candidate) and answer.number in offered:
        return offered[answer.number]
    raise ValueError(f"the parent is {_shown(answer)}, must be the initiator, one of the opponents or None")


def parameters(specified: Sequence[ParameterSpec], fixed: Parameters, answer: Any) -> Parameters:
    """Those that it gives, in the order of `specified`. `fixed` ones may be left out, but must not differ."""
    if not isinstance(answer, Mapping):
        raise ValueError(f"the hyperparameters are {_shown(answer)}, must be a mapping by name")  # noqa: TRY004  as others
    names = [parameter.name for parameter in specified]
    if unknown := [name for name in answer if name not in names]:
        raise ValueError(f"hyperparameters are {', '.join(names)}, not {_shown(unknown[0])}")
    given = {each.name: value(each, answer[each.name]) for each in specified if each.name in answer}
    for name, kept in fixed.items():
        if given.get(name, kept) != kept:
            raise ValueError(f"{name} is {_shown(given[name])}, must stay {kept!r}")
    return given


def value(parameter: ParameterSpec, answer: Any) -> Value:
    """As a plain float, int or str, inside the domain."""
    convert, wanted = _domain(parameter)
    found = convert(answer)
    if found is None:
        raise ValueError(f"{parameter.name} is {_shown(answer)}, must be {wanted}")
    return found


def yes_or_no(answer: Any) -> bool:
    if isinstance(answer, bool | np.bool_):
        return bool(answer)
    raise ValueError(f"the answer is {_shown(answer)}, must be True or False")


def _domain(parameter: ParameterSpec) -> tuple[Callable[[Any], Value | None], str]:
    match parameter.domain:
        case DoubleDomain(low, high):
            return lambda x: _number(x, low, high), f"a number from {low:g} to {high:g}"
        case IntegerDomain(low, high):
            return lambda x: _whole(x, low, high), f"a whole number from {low} to {high}"
        case DiscreteDomain(numbers):
            told = f"one of {', '.join(f'{number:g}' for number in numbers)}"
            return (
                lambda x: found if (found := _number(x, numbers[0], numbers[-1])) in numbers else None,
                told,
            )
        case CategoricalDomain(names):
            told = f"one of {', '.join(names)}"
            return lambda x: next((name for name in names if isinstance(x, str) and name == x), None), told


def _number(answer: Any, low: float, high: float) -> float | None:
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return None
    exact: Any = answer  # which float() may refuse as too large
    return float(exact) if low <= exact <= high else None


def _whole(answer: Any, low: int, high: int) -> int | None:
    if isinstance(answer, bool) or not isinstance(answer, Integral):
        return None
    found = int(answer)
    return found if low <= found <= high else None


def _shown(answer: Any) -> str:
    return repr(answer)[:200]
