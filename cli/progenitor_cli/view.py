"""What is shown while a study trains: a live table in a terminal, plain lines elsewhere."""

import sys
import time
from typing import Protocol, TextIO

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import trial_pb2

from .names import short
from .population import Population
from .wording import metrics, seconds

LINE_INTERVAL = 2.0
"""Seconds between two plain lines."""


class View(Protocol):
    def say(self, text: str) -> None:
        """Something that happened, shown once."""

    def show(self, status: pb.GetStudyStatusResponse) -> None:
        """How far the study is now; called often."""

    def close(self) -> None: ...


class Remaining:
    """Time left, from the progress since this process began to watch."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def seconds(self, progress: float) -> float | None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, progress
        since, gained = now - self._began[0], progress - self._began[1]
        return since * (1.0 - progress) / gained if gained > 0.0 else None


class Lines:
    """A line every two seconds, and one for each thing that happened."""

    def __init__(self, population: Population, out: TextIO) -> None:
        self._population = population
        self._out = out
        self._remaining = Remaining()
        self._next = 0.0
        self._last = ""

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def show(self, status: pb.GetStudyStatusResponse) -> None:
        left = self._remaining.seconds(status.progress)
        if time.monotonic() < self._next:
            return
        line = summary(status, self._population.metrics)
        if line != self._last:
            self._last = line
            self.say(line + (f", about {seconds(left)} left" if left is not None else ""))
        self._next = time.monotonic() + LINE_INTERVAL

    def close(self) -> None:
        """Nothing is left on the screen."""


def view_for(population: Population, title: str, *, to_stderr: bool) -> View:
    out = sys.stderr if to_stderr else sys.stdout
    if not out.isatty():
        return Lines(population, out)
    from .live import Live

    return Live(population, title, to_stderr=to_stderr)


def summary(status: pb.GetStudyStatusResponse, names: tuple[str, ...]) -> str:
    """Progress, trials and the best so far, in one line."""
    parts = [f"{status.progress:4.0%}", trial_summary(status), f"{status.total_steps} steps"]
    if status.HasField("best_trial"):
        best = status.best_trial
        parts.append(f"best {metrics(best.measurement.metrics, names)} (trial {short(best.name)})")
    return ", ".join(part for part in parts if part)


def trial_summary(status: pb.GetStudyStatusResponse) -> str:
    """`12 trials completed, 2 running`."""
    counts = [
        (trial_pb2.TrialState.Name(state).removeprefix("TRIAL_STATE_").lower(), status.trial_counts[name])
        for name, state in trial_pb2.TrialState.items()
        if status.trial_counts.get(name)
    ]
    counts.sort(key=lambda count: count[0] != "completed")
    return ", ".join(f"{n} {state}" for state, n in counts) or "no trial yet"
