"""Ctrl-C in a program or a notebook: it ends the training, and then the program hears of it as ever."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType, TracebackType
from typing import Self

from .ending import obeyed


class Interrupts:
    """While it lasts SIGINT raises nothing; at its end KeyboardInterrupt is raised if there was one.

    An exception between any two instructions is nothing to clean up under. It comes inside of a lock that is then never
    released, or between the note that a process was ended and its end; and Thread.join of Python 3.11 and 3.12, when
    interrupted, takes a thread that still runs for one that has ended (bpo-45274).

    Outside of the main thread, or where the program has a handler of its own, signals are left alone.
    """

    def __init__(self) -> None:
        self.heard = False
        self._told: SimpleQueue[int | None] = SimpleQueue()
        self._installed = False

    def __enter__(self) -> Self:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._hear)
            self._installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if self.heard:
            raise KeyboardInterrupt

    def unheard(self) -> bool:
        return not self.heard

    @contextmanager
    def gently(self, leave: Callable[[], None], at_once: Callable[[], None]) -> Iterator[None]:
        """Inside, the first interrupt has `leave` called and the second one `at_once`."""
        with obeyed(self._told, leave, at_once):
            yield

    def _hear(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  what the interpreter passes
        self.heard = True
        self._told.put(number)
