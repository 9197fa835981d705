"""Waiting for a condition instead of sleeping."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T | None], deadline: float = 20.0) -> T:
    """What `condition` gives once it is true; fails after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not (found := condition()):
        assert time.monotonic() < end, f"still waiting for {condition}"
        threading.Event().wait(0.01)
    return found
