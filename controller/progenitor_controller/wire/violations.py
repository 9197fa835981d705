"""Collects everything that is wrong with a request, so that one answer names it all."""

import math
import re
from collections.abc import Collection, Iterable

from ..errors import InvalidRequest, UnsupportedFields, Violation

MAX_NAME = 128
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
DIGEST_RULE = "must be sha256: and 64 hexadecimal digits in lower case"
MAX_ID = 200
MAX_URI = 2048
MAX_TEXT = 8192
MAX_PLACES = 100_000
"""Members of a study."""
MAX_STEP = 2**40
"""Steps stay so far from the end of int64 that a million trials' sum does not come near it."""
COMPARES_ONE_NUMBER = (
    "compares one number, and this study's fitness is Pareto's: give the metrics weights, which adds them up"
)


class Violations:
    """`field` is always a path in the request, `unsupported` what a later release may bring."""

    def __init__(self) -> None:
        self.found: list[Violation] = []
        self.missing: list[Violation] = []

    def add(self, field: str, description: str) -> None:
        self.found.append(Violation(field, description))

    def unsupported(self, field: str, instead: str) -> None:
        self.missing.append(Violation(field, f"this release does not have it; {instead}"))

    def take(self, others: "Violations") -> bool:
        """Adds what others found; whether they found anything."""
        self.found += others.found
        self.missing += others.missing
        return bool(others.found)

    def raise_any(self) -> None:
        """Raises InvalidRequest, or else UnsupportedFields, if anything was found."""
        if self.found:
            raise InvalidRequest(self.found)
        if self.missing:
            raise UnsupportedFields(self.missing)

    def text(self, field: str, value: str, limit: int = MAX_TEXT, *, required: bool = False) -> None:
        if required and not value:
            self.add(field, "is required")
        if len(value) > limit:
            self.add(field, f"has {len(value)} characters, at most {limit} are allowed")
        if "\0" in value:
            self.add(field, "must not contain NUL characters")

    def whole(self, field: str, value: int, least: int = 0, most: int = MAX_STEP) -> None:
        if not least <= value <= most:
            self.add(field, f"is {value}, must be from {least} to {most}")

    def finite(self, field: str, value: float) -> bool:
        if math.isfinite(value):
            return True
        self.add(field, f"is {value}, must be a finite number")
        return False

    def within(self, field: str, value: float, least: float, most: float) -> None:
        if not least <= value <= most:
            self.add(field, f"is {value:g}, must be from {least:g} to {most:g}")

    def count(self, field: str, value: int, least: int, most: int) -> None:
        """0 leaves it to the default."""
        if value and not least <= value <= most:
            self.add(field, f"is {value}, must be from {least} to {most}, or unset for the default")

    def chance(self, field: str, value: float) -> None:
        """A probability that is neither 0 nor 1; 0 leaves it to the default."""
        if value and not 0.0 < value < 1.0:
            self.add(field, f"is {value:g}, must be greater than 0 and less than 1, or unset for the default")

    def positive(self, field: str, value: float) -> None:
        if self.finite(field, value) and value <= 0:
            self.add(field, f"is {value:g}, must be greater than 0")

    def known(self, field: str, value: int, names: Iterable[tuple[str, int]]) -> None:
        """`names` are the members of an enum of the contract (its `.items()`)."""
        allowed = dict(names)
        if value not in allowed.values():
            self.add(field, f"is {value}, must be one of {', '.join(allowed)}")

    def distinct(self, field: str, values: Collection[str]) -> None:
        """Names each repetition: `field[3]`."""
        seen: set[str] = set()
        for place, value in enumerate(values):
            if value in seen:
                self.add(f"{field}[{place}]", f"repeats {value[:MAX_NAME]!r}")
            seen.add(value)
