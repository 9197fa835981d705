"""Computations too slow for a transaction: asked for in one, made in a thread, told in the next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .algorithms.history import Key

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Thought:
    """What a computation gave: its result, or what it raised."""

    result: Any = None
    error: Exception | None = None


def described(error: Exception) -> str:
    """Its `repr`, whatever a plug-in's class makes of that, as text that every database takes."""
    try:
        told = repr(error)
    except Exception:  # noqa: BLE001  what tells of an error must not be the next one
        told = type(error).__name__
    return told.encode("utf-8", "replace").decode().replace("\0", "?")


class Undecided(Exception):
    """A decision needs what is still to be computed. It is made again once that is there."""


@dataclass(slots=True)
class Thoughts:
    """Those of one call, through all of its transactions. `asked` are wanted and not known yet."""

    known: dict[Key, Thought] = field(default_factory=dict)
    asked: dict[Key, Callable[[], Any]] = field(default_factory=dict)
    patient: bool = True
    """Whether the call waits for what is asked; else it goes without what is not known."""

    def of(self, key: Key, work: Callable[[], R]) -> R:
        """Raises Undecided if it is not known yet, else what `work` raised."""
        thought = self.known.get(key)
        if thought is None:
            if self.patient:
                self.asked[key] = work
            raise Undecided
        if thought.error is not None:
            raise thought.error
        result: R = thought.result
        return result
