"""What is shown while a study trains: a live table in a terminal, plain lines elsewhere."""

import sys
from typing import Protocol

from progenitor.v1 import study_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.study_calls import StudyCalls
from .plain_lines import Lines


class View(Protocol):
    """`interval` is the seconds between two looks at the study's status."""

    @property
    def interval(self) -> float: ...

    def say(self, text: str) -> None:
        """Something that happened, shown once."""

    def stepped(self, trial: str, step: int) -> None:
        """A worker here is ahead of what the controller has heard."""

    def show(self, status: pb.GetStudyStatusResponse) -> None:
        """How far the study is now."""

    def close(self) -> None: ...


def view_for(client: StudyCalls, study: study_pb2.Study, *, to_stderr: bool) -> View:
    """Only the live table follows each trial of the study: lines need its status alone."""
    out = sys.stderr if to_stderr else sys.stdout
    if not out.isatty():
        return Lines(tuple(metric.name for metric in study.effective_spec.metrics), out)
    from .live_table import Live

    return Live(client, study, to_stderr=to_stderr)
