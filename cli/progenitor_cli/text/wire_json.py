"""The protos' JSON form with their field names, every integer a number, fields without presence always there."""

import json
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

WIDE = frozenset(
    (
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT64,
    )
)
"""What protobuf's JSON form writes as strings, for readers whose numbers are doubles."""


def line(message: Message) -> str:
    """One line; NaN and infinities are the strings "NaN", "Infinity", "-Infinity", as protobuf has them."""
    form = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return json.dumps(with_numbers(message.DESCRIPTOR, form), ensure_ascii=False)


# Descriptors are of two implementations, whose types have nothing in common.
def with_numbers(descriptor: Any, form: dict[str, Any]) -> dict[str, Any]:
    """In the order of the contract."""
    present = (field for field in descriptor.fields if field.name in form)
    return {field.name: field_value(field, form[field.name]) for field in present}


def field_value(field: Any, value: Any) -> Any:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        element = field.message_type.fields_by_name["value"]
        return {key: single(element, entry) for key, entry in value.items()}
    if field.is_repeated:
        return [single(field, entry) for entry in value]
    return single(field, value)


def single(field: Any, value: Any) -> Any:
    if field.cpp_type in WIDE:
        return int(value)
    if field.message_type is None or field.message_type.file.package == "google.protobuf":
        return value  # durations, timestamps and structs have forms of their own
    return with_numbers(field.message_type, value)
