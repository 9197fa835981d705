"""What the contract can say and this release does not do."""

from google.protobuf.message import Message

from ..violations import Violations

NOT_YET = {
    "CHECKPOINT_RETENTION_NEEDED": "leave it unset: all checkpoints are kept",
}
"""Of a specification's fields and enum values, by name: what to do instead. What is built loses its line here."""


def check(violations: Violations, field: str, message: Message) -> None:
    """Names every field, set in the message or in one inside it, that the table has."""
    for descriptor, value in message.ListFields():
        name = descriptor.name
        if descriptor.enum_type and isinstance(value, int):
            known = descriptor.enum_type.values_by_number.get(value)
            name = known.name if known else ""
        path = f"{field}.{descriptor.name}"
        if name in NOT_YET:
            violations.unsupported(path, NOT_YET[name])
        elif isinstance(value, Message):
            check(violations, path, value)
