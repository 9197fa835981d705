"""Workers of this process train a study while its progress is shown."""

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from pathlib import Path

from progenitor.v1 import study_pb2
from progenitor_worker.place import PlaceError, PlaceTaken
from progenitor_worker.pool import QUIT_PATIENCE, WorkerOptions, WorkerPool
from progenitor_worker.process import Description, ProcessDied, Program, TrainingProcess

from ..calls.names import id_from_file, id_from_name
from ..calls.states import ENDED
from ..client import Client
from ..errors import CallRefused, ControllerUnreachable, Interrupted, ProgenitorError, UsageError
from ..watching.listener import Listener
from ..watching.view import View, view_for
from .disk import DiskEstimate
from .ending import Ending
from .interrupts import Interrupts
from .studies import Wish

FIRST_LOOK = 0.25
"""Seconds after which the study's status is shown first."""
STATUS_TIMEOUT = 2.0
"""Seconds that a look at it may take: the next one comes soon."""


def source_file(file: Path) -> Path:
    """Absolute; raises UsageError if there is no such file."""
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    return file.resolve()


def loading(program: Program, log: Path) -> TrainingProcess:
    """The process that loads it. Raises UsageError if its log cannot be written."""
    try:
        return TrainingProcess(program, {}, log)
    except OSError as error:
        raise UsageError(f"{log} cannot be written: {error.strerror or error}") from error


def wish_of(
    trainer: TrainingProcess, file: Path, wanted: Callable[[], bool] = lambda: True
) -> tuple[Wish, Description]:
    """What the user's file asks for, once it is loaded; raises UsageError with every mistake in it.

    Raises Unwanted once it is not `wanted` any longer.
    """
    try:
        description = trainer.description(wanted)
    except ProcessDied as died:
        raise UsageError(f"{file.name} cannot be loaded: {died}") from died
    if description.problems:
        raise UsageError("\n".join(description.problems))
    spec = study_pb2.StudySpec.FromString(description.spec)
    study_id = id_from_file(file) if description.name is None else id_from_name(description.name)
    return Wish(study_id, spec, file.name), description


def train(
    client: Client,
    study: study_pb2.Study,
    options: WorkerOptions,
    trainer: TrainingProcess,
    *,
    ending: Ending | Interrupts | None,
    to_stderr: bool,
) -> None:
    """Until the study has ended, or a signal came; raises ProgenitorError if no worker can go on.

    Raises Interrupted for a signal that was for the whole process.
    """
    with closing(view_for(client, study, to_stderr=to_stderr)) as view:
        listener = Listener(view)
        pool = WorkerPool(options, listener.heard, trainer)

        def leave() -> None:
            pool.leave()
            view.say("Ending: running trials are saved and given back. Once more ends at once.")

        with heeding(ending, leave, pool.quit):
            try:
                start(pool)
                follow(Looks(client, study.name, view, options.store), pool, listener.slot_ended)
            except BaseException:
                left(pool, options.grace)
                raise
        pool.quit()  # all have ended: nobody is waited for
    errors = sorted({ended.error for ended in pool.ended if ended.error})
    if isinstance(ending, Ending) and ending.number is not None:
        raise Interrupted(ending.number, ended_as_asked(errors))
    if errors and client.get_study(study.name).state not in ENDED:
        raise ProgenitorError("\n".join(errors))


def heeding(
    ending: Ending | Interrupts | None, leave: Callable[[], None], at_once: Callable[[], None]
) -> AbstractContextManager[None]:
    match ending:
        case Ending():
            return ending.gently(leave)
        case Interrupts():
            return ending.gently(leave, at_once)
        case None:
            return nullcontext()


def left(pool: WorkerPool, grace: float) -> None:
    """What is trained is saved and given back, unless that takes too long or is interrupted once more."""
    try:
        pool.leave()
        pool.join(grace)
    finally:
        pool.quit()
        pool.join(QUIT_PATIENCE)


def start(pool: WorkerPool) -> None:
    check_store(pool.options.store)
    try:
        pool.start()
    except PlaceTaken as taken:
        raise ProgenitorError(
            f"{taken}. Give these workers a --name or a --state folder of their own."
        ) from taken
    except PlaceError as error:
        raise UsageError(str(error)) from error
    if pool.trainer is not None:
        pool.trainer.kill()  # each worker has a GPU of its own, which the file was loaded without


class Looks:
    """Shows the study's status. One that fails is left out: the workers tell when the controller is lost and found."""

    def __init__(self, client: Client, study: str, view: View, store: Path) -> None:
        self._client = client
        self._study = study
        self._view = view
        self._disk = DiskEstimate(client, store)
        self.interval = view.interval

    def look(self) -> None:
        with suppress(ControllerUnreachable, CallRefused):
            status = self._client.get_study_status(self._study, timeout=STATUS_TIMEOUT)
            self._view.show(status)
            if news := self._disk.news(status):
                self._view.say(news)


def check_store(store: Path) -> None:
    """Raises UsageError for one that cannot be written: else each trial would find out, and fail of it."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=store, prefix=".try-"):
            pass
    except OSError as error:
        raise UsageError(f"The store {store} cannot be written: {error.strerror or error}") from error


def follow(looks: Looks, pool: WorkerPool, slot_ended: threading.Event) -> None:
    """Looks until all workers have ended or hang, and once more then."""
    next_look = time.monotonic() + FIRST_LOOK
    while pool.running and len(pool.ended) < pool.size and not pool.hopeless:
        if slot_ended.wait(max(0.0, next_look - time.monotonic())):
            slot_ended.clear()
            continue
        next_look = time.monotonic() + looks.interval
        looks.look()
    while not pool.join(looks.interval) and not pool.hopeless:
        continue
    looks.look()


def ended_as_asked(errors: list[str]) -> str:
    if not errors:
        return "Ended as asked: what was trained is saved, the same command goes on with it."
    heading = (
        "Ended as asked; the same command goes on, but not everything that was trained could be given back:"
    )
    return "\n".join([heading, *errors])
