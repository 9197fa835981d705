"""The workers of one machine: a slot for each GPU or core, each a thread with training processes of its own."""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from progenitor.v1 import study_pb2

from .controller import Controller
from .devices import slots
from .events import ControllerFound, ControllerLost, Event, Listener, SlotEnded
from .place import Place
from .places import places_of
from .process import Program, TrainingProcess
from .slot import Slot

DEFAULT_GRACE = 30.0
QUIT_PATIENCE = 10.0
"""Seconds for workers to end that no longer wait for anything."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`study` is its resource name, `spec` its effective specification; `grace` in seconds.

    `slots` is how many workers run here: by default one for each visible GPU, else for each core, and no more than
    the study has members.
    """

    program: Program
    study: str
    spec: study_pb2.StudySpec
    controllers: tuple[str, ...]
    store: Path
    logs: Path
    state: Path
    slots: int | None = None
    name: str | None = None
    grace: float = DEFAULT_GRACE

    def __post_init__(self) -> None:
        if self.slots is not None and self.slots < 1:
            raise ValueError(f"there must be at least one worker, not {self.slots}")


@dataclass(slots=True)
class WorkerPool:
    """`start`, then `join`. `leave` saves and gives back what is trained; `quit` ends without that.

    `trainer` is one that has loaded the user's file already; it must have been started by a thread that outlives it.
    """

    options: WorkerOptions
    tell: Listener
    trainer: TrainingProcess | None = None
    _leaving: threading.Event = field(default_factory=threading.Event)
    _quitting: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _timers: list[threading.Timer] = field(default_factory=list)
    _quit_at: float | None = None
    ended: list[SlotEnded] = field(default_factory=list)

    def start(self) -> None:
        """Raises PlaceTaken if another process holds the place of a worker here, PlaceError for too long a name."""
        environments = self._environments()
        places = self._places(len(environments))
        for place, environment in zip(places, environments, strict=True):
            slot = Slot(
                self.options,
                place,
                self._controller(place),
                metrics=tuple(metric.name for metric in self.options.spec.metrics),
                environment=environment,
                leaving=self._leaving,
                quitting=self._quitting,
                tell=self._heard,
                trainer=self._handed_over(environment),
            )
            thread = threading.Thread(target=slot.run, name=place.id, daemon=True)
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    @property
    def size(self) -> int:
        """How many workers were started, whether or not they have ended."""
        return len(self._threads)

    @property
    def running(self) -> int:
        return sum(thread.is_alive() for thread in self._threads)

    @property
    def hopeless(self) -> bool:
        """Whether `quit` was called so long ago that what has not ended hangs, as on a file system that is gone."""
        return self._quit_at is not None and time.monotonic() - self._quit_at > QUIT_PATIENCE

    def join(self, timeout: float | None = None) -> bool:
        """Waits until all slots have ended, at most `timeout` seconds; whether they have."""
        end = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return self.running == 0

    def leave(self) -> None:
        """Lets running sessions save, registers their checkpoints and gives the trials back."""
        self._leaving.set()
        timer = threading.Timer(self.options.grace, self._quitting.set)
        timer.daemon = True
        self._timers.append(timer)  # before it starts: whoever interrupts this can cancel it
        timer.start()

    def quit(self) -> None:
        """As `leave`, but nobody is waited for: not for the user's code, nor for an unreachable controller."""
        if self._quit_at is None:
            self._quit_at = time.monotonic()
        self._leaving.set()
        self._quitting.set()
        for timer in self._timers:
            timer.cancel()
            if timer.is_alive():
                timer.join()

    def _environments(self) -> Sequence[dict[str, str]]:
        members = places_of(self.options.spec)
        wanted = self.options.slots
        if wanted is None:
            return slots(members)
        available = slots(wanted)
        return [available[number % len(available)] for number in range(wanted)]

    def _places(self, count: int) -> list[Place]:
        with ExitStack() as untaken:
            places = []
            for _ in range(count):
                place = Place.take(self.options.state, None, self.options.name)
                untaken.callback(place.release)
                places.append(place)
            untaken.pop_all()
        return places

    def _controller(self, place: Place) -> Controller:
        return Controller(
            self.options.controllers,
            on_lost=lambda message: self._heard(ControllerLost(place.slot, message)),
            on_found=lambda address: self._heard(ControllerFound(place.slot, address)),
        )

    def _handed_over(self, environment: dict[str, str]) -> TrainingProcess | None:
        """The trainer that is there already goes to the first slot, unless that one is to see a GPU of its own."""
        if self.trainer is None or environment:
            return None
        trainer, self.trainer = self.trainer, None
        return trainer

    def _heard(self, event: Event) -> None:
        if isinstance(event, SlotEnded):
            self.ended.append(event)
        self.tell(event)
