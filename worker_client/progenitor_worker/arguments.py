"""What a training file says of its study, looked at where it is said: a StudyError names the argument."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import wraps
from inspect import signature
from numbers import Integral, Real
from types import UnionType
from typing import Any, TypeVar, dataclass_transform, get_args

INT64_MAX = 2**63 - 1
INT32_MAX = 2**31 - 1

Option = TypeVar("Option")


class StudyError(ValueError):
    """A study is not described as it must be; the message names the argument and what is allowed."""


@dataclass_transform(frozen_default=True)
def option(cls: type[Option]) -> type[Option]:
    """A frozen dataclass. An argument that it does not have, or that is missing, is a StudyError."""
    made = dataclass(frozen=True, slots=True)(cls)
    set_all = made.__init__
    known = [field.name for field in fields(made)]  # type: ignore[arg-type]  # a dataclass by now

    @wraps(set_all)
    def checked(self: Option, /, *values: object, **named: object) -> None:
        refuse_unknown(cls.__name__, named, known)
        try:
            signature(set_all).bind(self, *values, **named)
        except TypeError as error:
            raise StudyError(f"{cls.__name__} takes {', '.join(known) or 'nothing'}: {error}") from None
        set_all(self, *values, **named)

    made.__init__ = checked  # type: ignore[method-assign, assignment]  # which calls what was there
    return made


def refuse_unknown(of: str, given: Iterable[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known) or 'none'}"
            raise StudyError(f"{of} has no argument {name!r}; {hint}")


def need_number(argument: str, value: object) -> float:
    """A finite number, numpy's included, as float; raises StudyError."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise StudyError(f"{argument} must be a finite number, it is {value!r}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise StudyError(f"{argument} must be a finite number, it is {value!r:.100}")
    return number


def need_positive(argument: str, value: object) -> float:
    """A number greater than 0, where 0 on the wire would mean the default; raises StudyError."""
    number = need_number(argument, value)
    if number <= 0:
        raise StudyError(f"{argument} must be greater than 0, it is {value!r}")
    return number


def need_probability(argument: str, value: object) -> float:
    """Greater than 0, where 0 on the wire would mean the default, and at most 1; raises StudyError."""
    number = need_number(argument, value)
    if not 0 < number <= 1:
        raise StudyError(f"{argument} must be greater than 0 and at most 1, it is {value!r}")
    return number


def need_whole(argument: str, value: object, least: int | None = None, most: int = INT64_MAX) -> int:
    """A whole number, numpy's included, as int; raises StudyError."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise StudyError(f"{argument} must be a whole number, it is {value!r}")
    number = int(value)
    if least is not None and number < least:
        raise StudyError(f"{argument} must be at least {least}, it is {number}")
    if not -(2**63) <= number <= INT64_MAX:
        raise StudyError(f"{argument} must fit into 64 bits, it is {number!s:.100}")
    if number > most:
        raise StudyError(f"{argument} must be at most {most}, it is {number}")
    return number


def need_count(argument: str, value: object, least: int = 1) -> int:
    """How many there are of something; raises StudyError."""
    return need_whole(argument, value, least=least, most=INT32_MAX)


def need_flag(argument: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise StudyError(f"{argument} must be True or False, it is {value!r}")
    return value


def need_list(argument: str, values: object) -> Sequence[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise StudyError(f"{argument} must be a list, it is {values!r}")
    return values


def need_choice(argument: str, value: object, allowed: Mapping[str, Any]) -> Any:
    """What `allowed` has under that name; raises StudyError."""
    if not isinstance(value, str) or value not in allowed:
        raise StudyError(f"{argument} must be one of {', '.join(map(repr, allowed))}, it is {value!r}")
    return allowed[value]


def not_one_of(argument: str, kinds: UnionType, value: object) -> StudyError:
    """The error to raise for a value that is none of these kinds."""
    names = ", ".join(kind.__name__ for kind in get_args(kinds))
    return StudyError(f"{argument} must be one of {names}, it is {value!r}")
