"""Walking through messages of the contract."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from progenitor.v1 import study_pb2 as pb


def assign(message: Any, path: str, value: Any) -> None:
    """`path` as `a.b[0].c`; the first of a repeated field is made if there is none."""
    first, _, rest = path.partition(".")
    name, indexed, _ = first.partition("[0]")
    if indexed:
        entries = getattr(message, name)
        assign(entries[0] if entries else entries.add(), rest, value)
    elif rest:
        assign(getattr(message, name), rest, value)
    elif isinstance(value, (list, dict, Message)):
        message.SetInParent()
        message.ClearField(name)
        message.MergeFrom(type(message)(**{name: value}))
    else:
        setattr(message, name, value)


def leaves(descriptor: Descriptor, path: str = "") -> Iterator[str]:
    """The fields that a request can set: down to scalars, maps, structs and what only the server sets."""
    for field in descriptor.fields:
        inner = field.message_type
        if inner is None or inner.name in {"Struct", "ReplayedTrial"} or inner.GetOptions().map_entry:
            yield path + field.name
        else:
            yield from leaves(inner, f"{path}{field.name}.")


def parts(message: Message) -> Iterator[Message]:
    """The contract's messages in a message, itself first."""
    yield message
    for _, value in message.ListFields():
        for inner in [value] if isinstance(value, Message) else entries(value):
            if inner.DESCRIPTOR.file is pb.DESCRIPTOR:
                yield from parts(inner)


def entries(value: Any) -> list[Message]:
    """Of a repeated field: the messages. A map's keys and scalars are none."""
    return [entry for entry in value if isinstance(entry, Message)] if hasattr(value, "extend") else []


def open_choices(message: Message) -> list[str]:
    """Enums that are unspecified, and oneofs without a choice."""
    kind = message.DESCRIPTOR
    unspecified = [
        field.name for field in kind.fields if field.enum_type and not getattr(message, field.name)
    ]
    without = [oneof.name for oneof in kind.oneofs if message.WhichOneof(oneof.name) is None]
    return unspecified + without


def assert_kept(given: Message, full: Message) -> None:
    """All that `given` says is in `full`, which may say more."""
    for field, value in given.ListFields():
        kept = getattr(full, field.name)
        if isinstance(value, Message):
            assert_kept(value, kept)
        elif entries(value):
            for one, other in zip(value, kept, strict=True):
                assert_kept(one, other)
        else:
            assert kept == value, field.full_name
