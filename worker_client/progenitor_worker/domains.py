"""The kinds of hyperparameters that a training file names. Bounds are inclusive."""

from collections.abc import Sequence
from itertools import pairwise

from progenitor.v1 import study_pb2 as pb

from .arguments import StudyError, need_flag, need_number, need_whole, option


@option
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


@option
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


@option
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


@option
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
