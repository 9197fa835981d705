"""What differs between two specifications, in the words of the contract."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from .wire_json import with_numbers

NOT_SET = "not set"
Field = Any
"""A FieldDescriptor, of which there are two implementations, whose types have nothing in common."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` as in `parameters.lr.double_domain.max`; the values as they read in the contract."""

    path: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}: {self.old} → {self.new}"


def differences(old: Message, new: Message, path: str = "") -> Iterator[Difference]:
    """Field by field; members of a list that have names are compared by name, others by place."""
    for field in old.DESCRIPTOR.fields:
        inside = f"{path}.{field.name}" if path else field.name
        yield from field_differences(field, old, new, inside)


def field_differences(
    field: Field, old_owner: Message, new_owner: Message, path: str
) -> Iterator[Difference]:
    old, new = getattr(old_owner, field.name), getattr(new_owner, field.name)
    if field.is_repeated:
        yield from list_differences(field, keyed(field, old), keyed(field, new), path)
        return
    if not field.has_presence:
        if old != new:
            yield Difference(path, shown_or_unset(field, old), shown_or_unset(field, new))
        return
    was, will_be = old_owner.HasField(field.name), new_owner.HasField(field.name)
    if was and will_be and is_record(field):
        yield from differences(old, new, path)
    elif (was or will_be) and (was != will_be or old != new):
        yield Difference(
            path, shown(field, old) if was else NOT_SET, shown(field, new) if will_be else NOT_SET
        )


def shown_or_unset(field: Field, value: Any) -> str:
    """Of a field without presence, where nothing given and its zero are the same."""
    return NOT_SET if value == field.default_value else shown(field, value)


def list_differences(
    field: Field, old: dict[str, Any], new: dict[str, Any], path: str
) -> Iterator[Difference]:
    element = value_field(field)
    if not is_record(element):
        if old != new:
            yield Difference(path, shown_list(element, old), shown_list(element, new))
        return
    for key in {**old, **new}:
        inside = f"{path}.{key}"
        if key not in new:
            yield Difference(inside, shown(element, old[key]), "removed")
        elif key not in old:
            yield Difference(inside, "new", shown(element, new[key]))
        else:
            yield from differences(old[key], new[key], inside)
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        yield Difference(path, f"in the order {', '.join(old)}", ", ".join(new))


def keyed(field: Field, values: Any) -> dict[str, Any]:
    if is_map(field):
        return {str(key): values[key] for key in sorted(values)}
    named = field.message_type is not None and "name" in field.message_type.fields_by_name
    return {value.name if named else str(place): value for place, value in enumerate(values)}


def is_map(field: Field) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def value_field(field: Field) -> Field:
    return field.message_type.fields_by_name["value"] if is_map(field) else field


def is_record(field: Field) -> bool:
    """A message whose fields are worth naming one by one."""
    return field.message_type is not None and field.message_type.full_name != Duration.DESCRIPTOR.full_name


def shown(field: Field, value: Any) -> str:
    if field.message_type is not None:
        if field.message_type.full_name == Duration.DESCRIPTOR.full_name:
            return f"{value.ToNanoseconds() / 1e9:g} s"
        form = MessageToDict(value, preserving_proto_field_name=True)
        return json.dumps(with_numbers(value.DESCRIPTOR, form), ensure_ascii=False)
    if field.enum_type is not None:
        number = field.enum_type.values_by_number.get(value)
        return number.name if number else str(value)
    return repr(value)


def shown_list(element: Field, values: dict[str, Any]) -> str:
    return "[" + ", ".join(shown(element, value) for value in values.values()) + "]"
