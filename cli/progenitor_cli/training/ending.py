"""Signals that ask a command to end: while trials are trained the first one does so gently, else at once.

Ending at once is safe: processes that train end with this one, the database and the store survive any end, and the
folder's lock goes with its holder.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Any, Self

SHOW_CURSOR = b"\x1b[?25h"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def obeyed(told: SimpleQueue[int | None], *steps: Callable[[], None]) -> Iterator[None]:
    """Inside, each signal that a handler puts into `told` has the next step called.

    In a thread of its own: a handler interrupts the main thread anywhere, also where that holds a lock.
    """

    def obey() -> None:
        for step in steps:
            if told.get() is None:
                return
            step()

    thread = threading.Thread(target=obey, name="ending", daemon=True)
    thread.start()
    try:
        yield
    finally:
        told.put(None)
        thread.join()


class Ending:
    """Hears the signals while it lasts, in the main thread."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._told: SimpleQueue[int | None] = SimpleQueue()  # unlike an event, made for handlers
        self._gently = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish
                self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def gently(self, leave: Callable[[], None]) -> Iterator[None]:
        """Inside, the first signal only has `leave` called, at once, and `number` says which one it was."""
        self._gently = True
        try:
            with obeyed(self._told, leave):
                yield
        finally:
            self._gently = False

    def _heard(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  what the interpreter passes
        if self.number is not None or not self._gently:
            if sys.stderr.isatty():
                os.write(sys.stderr.fileno(), SHOW_CURSOR)
            os._exit(128 + number)
        self.number = number
        self._told.put(number)
