"""The kinds of hyperparameters that a training file names. Bounds are inclusive."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral, Real

from progenitor.v1 import study_pb2 as pb

INT64_MAX = 2**63 - 1
INT32_MAX = 2**31 - 1


class StudyError(ValueError):
    """A study is not described as it must be; the message names the argument and what is allowed."""


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


def need_flag(argument: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise StudyError(f"{argument} must be True or False, it is {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class Double:
    """A number from `min` to `max`; `log` samples and changes it on its logarithmic scale, for which min > 0.

    `immutable` shapes the model: sampled once, then always that of the weights that are inherited.
    """

    min: float
    max: float
    log: bool = False
    immutable: bool = False

    def __post_init__(self) -> None:
        least, most = need_number("Double(min=…)", self.min), need_number("Double(max=…)", self.max)
        check_bounds("Double", least, most, log=need_flag("Double(log=…)", self.log))
        need_flag("Double(immutable=…)", self.immutable)

    def to_spec(self, name: str) -> pb.ParameterSpec:
        domain = pb.DoubleDomain(min=float(self.min), max=float(self.max))
        if self.log:
            domain.scale = pb.SCALE_LOG
        return pb.ParameterSpec(name=name, double_domain=domain, immutable=self.immutable)

    def to_value(self, argument: str, value: object) -> pb.ParameterValue:
        return pb.ParameterValue(double_value=need_number(argument, value))


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `min` to `max`; `log` and `immutable` as for Double."""

    min: int
    max: int
    log: bool = False
    immutable: bool = False

    def __post_init__(self) -> None:
        least, most = need_whole("Integer(min=…)", self.min), need_whole("Integer(max=…)", self.max)
        check_bounds("Integer", least, most, log=need_flag("Integer(log=…)", self.log))
        need_flag("Integer(immutable=…)", self.immutable)

    def to_spec(self, name: str) -> pb.ParameterSpec:
        domain = pb.IntegerDomain(min=int(self.min), max=int(self.max))
        if self.log:
            domain.scale = pb.SCALE_LOG
        return pb.ParameterSpec(name=name, integer_domain=domain, immutable=self.immutable)

    def to_value(self, argument: str, value: object) -> pb.ParameterValue:
        return pb.ParameterValue(integer_value=need_whole(argument, value))


@dataclass(frozen=True, slots=True)
class Discrete:
    """One of some numbers in increasing order; a change moves to a neighbour."""

    values: Sequence[float]
    immutable: bool = False

    def __post_init__(self) -> None:
        need_choices("Discrete", self.values)
        numbers = [need_number("each of Discrete(values=…)", value) for value in self.values]
        if any(a >= b for a, b in pairwise(numbers)):
            raise StudyError(f"Discrete(values=…) must be in increasing order, they are {list(self.values)}")
        need_flag("Discrete(immutable=…)", self.immutable)

    def to_spec(self, name: str) -> pb.ParameterSpec:
        domain = pb.DiscreteDomain(values=[float(value) for value in self.values])
        return pb.ParameterSpec(name=name, discrete_domain=domain, immutable=self.immutable)

    def to_value(self, argument: str, value: object) -> pb.ParameterValue:
        return pb.ParameterValue(double_value=need_number(argument, value))


@dataclass(frozen=True, slots=True)
class Categorical:
    """One of some names without an order; a change draws anew."""

    values: Sequence[str]
    immutable: bool = False

    def __post_init__(self) -> None:
        need_choices("Categorical", self.values)
        for value in self.values:
            if not isinstance(value, str):
                raise StudyError(f"each of Categorical(values=…) must be a string, one is {value!r}")
        if len(set(self.values)) != len(self.values):
            raise StudyError(
                f"Categorical(values=…) must differ from each other, they are {list(self.values)}"
            )
        need_flag("Categorical(immutable=…)", self.immutable)

    def to_spec(self, name: str) -> pb.ParameterSpec:
        domain = pb.CategoricalDomain(values=self.values)
        return pb.ParameterSpec(name=name, categorical_domain=domain, immutable=self.immutable)

    def to_value(self, argument: str, value: object) -> pb.ParameterValue:
        if not isinstance(value, str):
            raise StudyError(f"{argument} must be a string, it is {value!r}")
        return pb.ParameterValue(categorical_value=value)


Domain = Double | Integer | Discrete | Categorical


def check_bounds(kind: str, least: float, most: float, *, log: bool) -> None:
    if least > most:
        raise StudyError(f"{kind}: min {least} is greater than max {most}")
    if log and least <= 0:
        raise StudyError(f"{kind}: min must be greater than 0 on a log scale, it is {least}")


def need_choices(kind: str, values: object) -> None:
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        raise StudyError(f"{kind}(values=…) must be a list with at least one entry, it is {values!r}")
