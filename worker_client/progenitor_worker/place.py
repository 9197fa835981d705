"""A worker's place: a name that is the same after a restart, held by one process at a time."""

import fcntl
import hashlib
import os
import socket
import time
from pathlib import Path
from typing import IO, Self

from .durable import flush

MOST_SLOTS = 10_000
MAX_NAME = 150
"""Characters; with a slot's number a worker's id stays below the contract's 200."""


class PlaceError(Exception):
    """There is no such place for a worker here."""


class PlaceTaken(PlaceError):
    """The place is held by another process on this machine."""


class Place:
    """`id` is the worker's; `incarnation` is raised at every start. Held until `release` or the process's end."""

    def __init__(self, lock: IO[str], worker_id: str, slot: int, incarnation: int) -> None:
        self._lock = lock
        self.id = worker_id
        self.slot = slot
        self.incarnation = incarnation

    @classmethod
    def take(cls, state: Path, slot: int | None = None, name: str | None = None) -> Self:
        """The given slot of the state folder, or the first that is free.

        Raises PlaceTaken, and PlaceError for a name that is too long.
        """
        if name is not None and len(name) > MAX_NAME:
            raise PlaceError(f"a worker's name must have at most {MAX_NAME} characters, this has {len(name)}")
        state.mkdir(parents=True, exist_ok=True)
        prefix = name or f"{host()}-{hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:6]}"
        for candidate in range(MOST_SLOTS) if slot is None else (slot,):
            lock = (state / f"{candidate}.lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            worker_id = f"{prefix[:MAX_NAME]}-{candidate}"
            return cls(lock, worker_id, candidate, next_incarnation(state / f"{candidate}.incarnation"))
        raise PlaceTaken(
            f"worker {slot if slot is not None else ''} of {state} is held by another process".replace(
                "  ", " "
            )
        )

    def release(self) -> None:
        self._lock.close()


def next_incarnation(path: Path) -> int:
    """Greater than at every start before: by the clock too, should the file have been lost with its disk."""
    before = int(path.read_text()) if path.exists() else 0
    incarnation = max(before + 1, time.time_ns() // 1_000_000)
    fresh = path.with_suffix(".new")
    fresh.write_text(str(incarnation))
    flush(fresh)
    fresh.replace(path)
    flush(path.parent)
    return incarnation


def host() -> str:
    return (
        "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in socket.gethostname())
        or "host"
    )
