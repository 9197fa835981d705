"""A plug-in as the controller takes it: its name, and options as JSON has them."""

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from progenitor.v1 import study_pb2 as pb

from .arguments import StudyError, need_number
from .options import Custom

EXACT = 2**53
"""Whole numbers up to it are exact as doubles, which is what the contract's options hold."""
MAX_DEPTH = 16
"""Of options within options."""


def to_custom(argument: str, plug_in: Custom) -> pb.CustomAlgorithm:
    """For all but a whole algorithm, which alone has configurations. Raises StudyError."""
    if plug_in.configurations is not None:
        raise StudyError(
            f"{argument}=Custom(configurations=…) is for algorithm=Custom(…) alone: leave it out"
        )
    return named(argument, plug_in)


def named(argument: str, plug_in: Custom) -> pb.CustomAlgorithm:
    if type(plug_in.name) is not str or not plug_in.name:
        raise StudyError(f"{argument}=Custom(…) must begin with the plug-in's name, it is {plug_in.name!r}")
    options = to_struct(f"{argument}=Custom({plug_in.name!r}, …)", plug_in.options, 1)
    return pb.CustomAlgorithm(algorithm=plug_in.name, options=options)


def to_struct(argument: str, options: Mapping[Any, object], depth: int) -> Struct:
    if depth > MAX_DEPTH:
        raise StudyError(f"{argument:.200} is more than {MAX_DEPTH} levels deep")
    struct = Struct()
    for name, option in options.items():
        if type(name) is not str:
            raise StudyError(f"{argument}: an option's name must be a string, one is {name!r}")
        struct.fields[name].CopyFrom(to_json(f"{argument}[{name!r}]", option, depth))
    return struct


def to_json(argument: str, option: object, depth: int) -> Value:
    match option:
        case None:
            return Value(null_value=NULL_VALUE)
        case bool():
            return Value(bool_value=option)
        case str():
            return Value(string_value=option)
        case Integral() if abs(int(option)) > EXACT:
            raise StudyError(f"{argument} must be exact as a double, it is {option!s:.100}")
        case Real():
            return Value(number_value=need_number(argument, option))
        case Mapping():
            return Value(struct_value=to_struct(argument, option, depth + 1))
        case Sequence() if not isinstance(option, (bytes, bytearray)):
            if depth >= MAX_DEPTH:
                raise StudyError(f"{argument:.200} is more than {MAX_DEPTH} levels deep")
            entries = [
                to_json(f"{argument}[{place}]", entry, depth + 1) for place, entry in enumerate(option)
            ]
            return Value(list_value=ListValue(values=entries))
        case _:
            raise StudyError(
                f"{argument} must be None, True, False, a number, a string, a list or a dict, it is {option!r}"
            )
