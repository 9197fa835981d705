"""Workers that train one study after the other, each with a training process that it keeps."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from progenitor_worker.controller import Controller
from progenitor_worker.events import Event, Listener, SlotEnded
from progenitor_worker.place import Place, PlaceError
from progenitor_worker.pool import DEFAULT_GRACE
from progenitor_worker.process import Program, TrainingProcess
from progenitor_worker.slot import Slot

from ..folder import Folder


class KeptProcess(TrainingProcess):
    """A training process that outlives the study that it trains: starting one takes as long as many short trials."""

    def end(self) -> None:
        """Its crew ends it, by `kill`."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a slot needs to know; `study` is a resource name, `grace` in seconds."""

    program: Program
    study: str
    store: Path
    logs: Path
    grace: float = DEFAULT_GRACE


@dataclass(slots=True)
class Crew:
    """`size` workers share the `studies`. Each study is trained by one: its members take turns, nobody waits.

    `errors` says what kept one from going on.
    """

    program: Program
    folder: Folder
    address: str
    metrics: tuple[str, ...]
    studies: Iterable[str]
    size: int
    errors: list[str] = field(default_factory=list)
    _untrained: SimpleQueue[str] = field(default_factory=SimpleQueue)
    _leaving: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _processes: list[KeptProcess] = field(default_factory=list)

    def start(self, tell: Listener, trained: Callable[[str], None]) -> None:
        """`tell` hears all workers, `trained` of each study that has left one, in the worker's thread.

        The calling thread outlives the crew.
        """
        for study in self.studies:
            self._untrained.put(study)
        for number in range(self.size):
            process = KeptProcess(self.program, {}, self.folder.logs / f"trainer-{number}.log")
            self._processes.append(process)
            thread = threading.Thread(target=self._work, args=(number, process, tell, trained), daemon=True)
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def join(self, timeout: float) -> bool:
        """Waits until all have ended, at most `timeout` seconds; whether they have."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def leave(self) -> None:
        """Running trials save and are given back; nothing more is begun."""
        self._leaving.set()

    def close(self) -> None:
        """Leaves, and ends the training processes."""
        self.leave()
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.kill()

    def _work(
        self, number: int, process: KeptProcess, tell: Listener, trained: Callable[[str], None]
    ) -> None:
        while not self._leaving.is_set():
            try:
                study = self._untrained.get_nowait()
                slot = self._slot(number, process, study, tell)
            except Empty:
                return
            except (PlaceError, OSError) as error:
                self._fail(str(error))
                return
            slot.run()
            trained(study)

    def _slot(self, number: int, process: KeptProcess, study: str, tell: Listener) -> Slot:
        return Slot(
            Options(self.program, study, self.folder.checkpoints, self.folder.logs),
            Place.take(self.folder.workers, number),
            Controller((self.address,), on_lost=not_told, on_found=not_told),
            metrics=self.metrics,
            environment={},
            leaving=self._leaving,
            quitting=self._leaving,
            tell=partial(self._heard, tell),
            trainer=process,
        )

    def _heard(self, tell: Listener, event: Event) -> None:
        if isinstance(event, SlotEnded) and event.error:
            self._fail(event.error)
        tell(event)

    def _fail(self, error: str) -> None:
        """What keeps one worker from going on keeps the others, too."""
        self.errors.append(error)
        self.leave()


def not_told(_message: str) -> None:
    """The controller is a thread of this very process: should it end, the command does."""
