"""How far the demo is, in lines: of the trials of all its studies."""

import threading
import time
from typing import TextIO

from progenitor.v1 import trial_pb2
from progenitor_worker.events import Event, TrialEnded

from ..text.wording import seconds

INTERVAL = 2.0
"""Seconds between two lines."""


class Progress:
    """Hears the workers, each in its thread. `trials` are all there will be, `made` those completed before."""

    def __init__(self, trials: int, made: int, out: TextIO) -> None:
        self._trials = trials
        self._made = made
        self._new = 0
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._out = out

    def heard(self, event: Event) -> None:
        if isinstance(event, TrialEnded) and event.outcome == trial_pb2.OUTCOME_COMPLETED:
            with self._lock:
                self._new += 1

    def show(self) -> None:
        done = self._made + self._new
        line = f"{done / self._trials:4.0%}, {done} of {self._trials} trials"
        if self._new and done < self._trials:
            left = (time.monotonic() - self._began) * (self._trials - done) / self._new
            line += f", about {seconds(left)} left"
        print(line, file=self._out, flush=True)
