"""Workers that train one study after the other, each with a training process that it keeps."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from progenitor_worker.controller import Controller
from progenitor_worker.events import Event, Listener
from progenitor_worker.place import Place
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
    """`size` workers share the `studies`, each study trained by one: its members take turns, nobody waits.

    `tell` hears all workers, each in its thread. A crew is made in a thread that outlives it.
    """

    program: Program
    folder: Folder
    address: str
    metrics: tuple[str, ...]
    studies: Iterable[str]
    size: int
    tell: Listener
    _untrained: SimpleQueue[str] = field(default_factory=SimpleQueue)
    _leaving: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _processes: list[KeptProcess] = field(default_factory=list)

    def start(self) -> None:
        for study in self.studies:
            self._untrained.put(study)
        for number in range(self.size):
            process = KeptProcess(self.program, {}, self.folder.logs / f"trainer-{number}.log")
            self._processes.append(process)
            self._threads.append(threading.Thread(target=self._work, args=(number, process), daemon=True))
        for thread in self._threads:
            thread.start()

    def join(self, timeout: float) -> bool:
        """Waits until all have ended, at most `timeout` seconds; whether they have."""
        for thread in self._threads:
            thread.join(timeout / len(self._threads))
        return not any(thread.is_alive() for thread in self._threads)

    def leave(self) -> None:
        """Running trials save and are given back; nothing more is begun."""
        self._leaving.set()

    def close(self) -> None:
        for process in self._processes:
            process.kill()

    def _work(self, number: int, process: KeptProcess) -> None:
        while not self._leaving.is_set():
            try:
                study = self._untrained.get_nowait()
            except Empty:
                return
            self._slot(number, process, study).run()

    def _slot(self, number: int, process: KeptProcess, study: str) -> Slot:
        return Slot(
            Options(self.program, study, self.folder.checkpoints, self.folder.logs),
            Place.take(self.folder.workers, number),
            Controller((self.address,), on_lost=self._unheard, on_found=self._unheard),
            metrics=self.metrics,
            environment={},
            leaving=self._leaving,
            quitting=self._leaving,
            tell=self.tell,
            trainer=process,
        )

    def _unheard(self, _message: str) -> None:
        """The controller is in this very process."""


def is_trial_end(event: Event) -> bool:
    return False
