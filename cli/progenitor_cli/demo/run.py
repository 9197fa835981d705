"""A demo from its options to its scores: a controller, the studies, and the workers that train them."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from progenitor_worker.process import Program

from ..client import Client
from ..embedded import start_controller
from ..errors import Interrupted, ProgenitorError
from ..folder import Folder, announced, folder_at, held
from ..training.ending import Ending
from . import quadratic
from .crew import Crew
from .figure import Column
from .modes import MODES, Settings
from .planned import Planned, plan, scores
from .progress import INTERVAL, Progress
from .remover import Remover
from .scores import Scores
from .traces import traces

FIRST_SEED = 1
"""Also that of the figure."""
WORKERS_PER_CORE = 2
"""A short trial waits for the disk longer than it trains."""


@dataclass(frozen=True, slots=True)
class Demo:
    """`seeds` is how many. None: `workers` by the cores, a `folder` that is gone afterwards, no `figure`."""

    settings: Settings
    seeds: int
    workers: int | None
    folder: Path | None
    figure: Path | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`columns` are those of the figure; none where none is drawn."""

    scores: Scores
    columns: tuple[Column, ...]


def run(demo: Demo, out: TextIO) -> Outcome:
    """Trains all studies, telling `out` how far it is. Raises ProgenitorError, Interrupted."""
    with ExitStack() as stack:
        folder = stack.enter_context(kept_or_not(demo.folder))
        stack.enter_context(held(folder, "demo"))
        controller = stack.enter_context(start_controller(folder.database_url))
        stack.enter_context(announced(folder, controller.address))
        client = stack.enter_context(Client(controller.address))
        studies = plan(client, demo.settings, range(FIRST_SEED, FIRST_SEED + demo.seeds))
        remover = Remover(folder, unneeded(demo, studies))
        train(crew_of(demo, studies, folder, controller.address), studies, remover, out)
        best = tuple(scores(client, studies))
        first = [(planned, score) for planned, score in best if demo.figure and planned.seed == FIRST_SEED]
        columns = tuple(column(client, folder, planned, score) for planned, score in first)
    by_mode = {mode: [score for planned, score in best if planned.mode == mode] for mode in MODES}
    return Outcome(by_mode, columns)


@contextmanager
def kept_or_not(path: Path | None) -> Iterator[Folder]:
    """The user's folder, or a temporary one."""
    if path is not None:
        yield folder_at(path)
        return
    with tempfile.TemporaryDirectory(prefix="progenitor-demo-", ignore_cleanup_errors=True) as temporary:
        yield folder_at(Path(temporary))


def unneeded(demo: Demo, studies: Sequence[Planned]) -> dict[str, str]:
    """None in the user's folder, nor of those that are drawn."""
    if demo.folder is not None:
        return {}
    drawn = FIRST_SEED if demo.figure is not None else None
    return {planned.study: planned.uid for planned in studies if planned.seed != drawn}


def crew_of(demo: Demo, studies: Sequence[Planned], folder: Folder, address: str) -> Crew:
    untrained = [planned.study for planned in studies if planned.made < planned.trials]
    return Crew(
        program=Program(Path(quadratic.__file__)),
        folder=folder,
        address=address,
        metrics=tuple(metric.name for metric in quadratic.METRICS),
        studies=untrained,
        size=min(len(untrained), demo.workers or WORKERS_PER_CORE * cores()),
    )


def train(crew: Crew, studies: Sequence[Planned], remover: Remover, out: TextIO) -> None:
    """Until all have ended; raises Interrupted if a signal came first, ProgenitorError if no worker can go on."""
    progress = Progress(sum(study.trials for study in studies), sum(study.made for study in studies), out)
    with Ending() as ending, ending.gently(crew.leave):
        try:
            crew.start(progress.heard, remover.trained)
            while not crew.join(INTERVAL):
                progress.show()
            progress.show()
        finally:
            crew.close()
    if ending.number is not None:
        raise Interrupted(ending.number, "Ended as asked. With --dir the same command would go on.")
    if crew.errors:
        raise ProgenitorError("\n".join(sorted(set(crew.errors))))


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def column(client: Client, folder: Folder, planned: Planned, best: float) -> Column:
    return Column(planned.mode.title, best, traces(client, planned.study, folder.checkpoints))
