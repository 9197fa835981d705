"""Parameter values, timestamps and durations."""

import math
from collections.abc import Mapping

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    Value,
)

from .violations import Violations


def to_wire(value: Value) -> pb.ParameterValue:
    match value:
        case str():
            return pb.ParameterValue(categorical_value=value)
        case int():
            return pb.ParameterValue(integer_value=value)
        case float():
            return pb.ParameterValue(double_value=value)


def parameters_to_wire(parameters: Parameters) -> dict[str, pb.ParameterValue]:
    return {name: to_wire(value) for name, value in parameters.items()}


def from_wire(value: pb.ParameterValue) -> Value:
    match value.WhichOneof("value"):
        case "integer_value":
            return value.integer_value
        case "categorical_value":
            return value.categorical_value
        case _:
            return value.double_value


def parameters_from_wire(parameters: Mapping[str, pb.ParameterValue]) -> dict[str, Value]:
    return {name: from_wire(value) for name, value in parameters.items()}


def check_value(violations: Violations, field: str, value: pb.ParameterValue, domain: Domain) -> None:
    """Whether a value is of its domain's kind and inside it."""
    kind = value.WhichOneof("value")
    wanted = {
        DoubleDomain: "double_value",
        DiscreteDomain: "double_value",
        IntegerDomain: "integer_value",
        CategoricalDomain: "categorical_value",
    }[type(domain)]
    if kind != wanted:
        violations.add(field, f"must be given as {wanted}")
        return
    match domain:
        case DoubleDomain() if not domain.min <= value.double_value <= domain.max:
            violations.add(field, f"is {value.double_value:g}, must be from {domain.min:g} to {domain.max:g}")
        case IntegerDomain() if not domain.min <= value.integer_value <= domain.max:
            violations.add(field, f"is {value.integer_value}, must be from {domain.min} to {domain.max}")
        case DiscreteDomain() if value.double_value not in domain.values:
            violations.add(field, f"is {value.double_value:g}, must be one of {list(domain.values)}"[:500])
        case CategoricalDomain() if value.categorical_value not in domain.values:
            violations.add(
                field, f"is {value.categorical_value!r}, must be one of {list(domain.values)}"[:500]
            )


def seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos * 1e-9


MAX_DURATION = 315_576_000_000
"""Seconds, by protobuf's definition of a Duration: about 10,000 years."""


def check_duration(violations: Violations, field: str, duration: Duration) -> None:
    same_sign = duration.seconds == 0 or duration.nanos == 0 or (duration.seconds > 0) == (duration.nanos > 0)
    if abs(duration.seconds) > MAX_DURATION or abs(duration.nanos) > 999_999_999 or not same_sign:
        violations.add(field, "is not a valid duration")
    elif seconds(duration) < 0:
        violations.add(field, "must not be negative")


def duration(length: float) -> Duration:
    """Of seconds; negative lengths, which only a clock that was set back can bring, show as 0."""
    fraction, whole = math.modf(max(0.0, length))
    return Duration(seconds=int(whole), nanos=int(fraction * 1e9))


def timestamp(since_1970: float) -> Timestamp | None:
    if since_1970 == 0:
        return None
    fraction, whole = math.modf(since_1970)
    return Timestamp(seconds=int(whole), nanos=int(fraction * 1e9))
