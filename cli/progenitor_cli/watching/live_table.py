"""The live table of a population."""

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live as RichLive
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from progenitor.v1 import study_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import short
from ..calls.study_calls import StudyCalls
from ..calls.values import parameters
from ..text.progress import Remaining, summary
from ..text.wording import cell, number, seconds, sparkline, trial_state
from .population import Member, Population
from .watcher import Watcher

SPARKLINE_WIDTH = 16
GAP = 2
"""Characters between two columns."""
OTHER_LINES = 9
"""Of the screen, beside the members' rows."""


class Live:
    """Follows the study's trials and draws them over each other until it is closed."""

    interval = 0.25

    def __init__(self, client: StudyCalls, study: study_pb2.Study, *, to_stderr: bool) -> None:
        self._population = Population(study.effective_spec)
        self._title = short(study.name)
        self._remaining = Remaining()
        self._console = Console(stderr=to_stderr, highlight=False)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._watcher = Watcher(client, study.name, self._population)
        self._live.start()
        self._watcher.start()

    def say(self, text: str) -> None:
        self._console.print(Text(text))

    def stepped(self, trial: str, step: int) -> None:
        self._population.stepped(trial, step)

    def show(self, status: pb.GetStudyStatusResponse) -> None:
        left = self._remaining.seconds(status.progress)
        self._live.update(self._screen(status, left), refresh=True)

    def close(self) -> None:
        self._live.stop()
        self._watcher.stop()

    def _screen(self, status: pb.GetStudyStatusResponse, left: float | None) -> RenderableType:
        bar = Table.grid(padding=(0, 1))
        ending = f"{seconds(left)} left" if left is not None else ""
        bar.add_row(self._title, ProgressBar(total=1.0, completed=status.progress, width=32), ending)
        return Group(bar, Text(summary(status, self._population.metrics)), self._members())

    def _members(self) -> Table:
        names, metrics = self._population.parameters, self._population.metrics
        heads = ("member", "state", "generation", "step", *metrics, "so far", *names)
        members = self._population.members()
        room = max(1, self._console.height - OTHER_LINES)
        rows = [self._row(member) for member in members[:room]]
        fitting = columns_that_fit([heads, *rows], self._console.width)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in heads[:fitting]:
            table.add_column(head, no_wrap=True)
        for row in rows:
            table.add_row(*row[:fitting])
        if len(members) > room:
            table.add_row(f"… and {len(members) - room} more")
        if fitting < len(heads):
            table.caption = f"no room for {', '.join(heads[fitting:])}: progenitor status shows all"
            table.caption_justify = "left"
        return table

    def _row(self, member: Member) -> list[str]:
        metrics = self._population.metrics
        trial = member.trial
        values = member.metrics
        shown = [number(values[name]) if name in values else "" for name in metrics]
        if not values and member.history:
            shown[0] = number(member.history[-1])
        return [
            str(trial.member),
            f"{trial_state(trial.state)} ({short(trial.name)})",
            str(trial.generation),
            f"{member.step}/{trial.end_step}",
            *shown,
            sparkline(member.history, SPARKLINE_WIDTH),
            *(cell(value) for value in parameters(self._population.spec, trial).values()),
        ]


def columns_that_fit(rows: Sequence[Sequence[str]], width: int) -> int:
    """How many of the first columns a line has room for, at least one."""
    used = -GAP
    for column in range(len(rows[0])):
        used += GAP + max(len(row[column]) for row in rows)
        if used > width:
            return max(1, column)
    return len(rows[0])
