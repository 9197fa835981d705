"""A study's progress as plain lines, where nothing can be drawn over."""

from typing import TextIO

from progenitor.v1 import study_service_pb2 as pb

from ..text.progress import Remaining, summary
from ..text.wording import seconds


class Lines:
    """A line at each look at which something has changed, and one for each thing that happened."""

    interval = 2.0

    def __init__(self, metrics: tuple[str, ...], out: TextIO) -> None:
        self._metrics = metrics
        self._out = out
        self._remaining = Remaining()
        self._last = ""

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)

    def stepped(self, trial: str, step: int) -> None:
        """A line says nothing of single steps."""

    def show(self, status: pb.GetStudyStatusResponse) -> None:
        left = self._remaining.seconds(status.progress)
        line = summary(status, self._metrics)
        if line != self._last:
            self._last = line
            self.say(line + (f", about {seconds(left)} left" if left is not None else ""))

    def close(self) -> None:
        """Nothing is left on the screen."""
