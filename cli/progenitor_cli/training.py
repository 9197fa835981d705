"""Workers of this process train a study while its progress is shown."""

import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from progenitor.v1 import study_pb2
from progenitor_worker.place import PlaceError, PlaceTaken
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Description, ProcessDied, TrainingProcess

from .client import Client
from .ending import Ending
from .errors import CallRefused, CliError, ControllerUnreachable, Interrupted, UsageError
from .listener import Listener
from .names import id_from_file, id_from_name
from .studies import Wish
from .view import View, view_for

FIRST_LOOK = 0.25
"""Seconds after which the study's status is shown first."""
STATUS_TIMEOUT = 2.0
"""Seconds that a look at it may take: the next one comes soon."""
ENDED = (
    study_pb2.STUDY_STATE_COMPLETED,
    study_pb2.STUDY_STATE_CANCELLED,
    study_pb2.STUDY_STATE_FAILED,
)


def source_file(file: Path) -> Path:
    """Absolute; raises UsageError if there is no such file."""
    if not file.is_file():
        raise UsageError(f"There is no file {file}.")
    return file.resolve()


def wish_of(trainer: TrainingProcess, file: Path) -> tuple[Wish, Description]:
    """What the user's file asks for, once it is loaded; raises UsageError with every mistake in it."""
    try:
        description = trainer.description()
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
    ending: Ending,
    to_stderr: bool,
) -> None:
    """Until the study has ended; raises Interrupted if a signal came first, CliError if no worker can go on."""
    with closing(view_for(client, study, to_stderr=to_stderr)) as view:
        listener = Listener(view)
        pool = WorkerPool(options, listener.heard, trainer)

        def leave() -> None:
            pool.leave()
            view.say("Ending: running trials are saved and given back. Once more ends at once.")

        with ending.gently(leave):
            try:
                start(pool)
                follow(client, study.name, pool, view, listener.slot_ended)
            except BaseException:
                pool.leave()
                pool.join(options.grace)
                raise
    errors = sorted({ended.error for ended in pool.ended if ended.error})
    if ending.number is not None:
        raise Interrupted(ending.number, ended_as_asked(errors))
    if errors and client.get_study(study.name).state not in ENDED:
        raise CliError("\n".join(errors))


def start(pool: WorkerPool) -> None:
    try:
        pool.start()
    except PlaceTaken as taken:
        raise CliError(f"{taken}. Give these workers a --name or a --state folder of their own.") from taken
    except PlaceError as error:
        raise UsageError(str(error)) from error
    if pool.trainer is not None:
        pool.trainer.kill()  # each worker has a GPU of its own, which the file was loaded without


def follow(client: Client, study: str, pool: WorkerPool, view: View, slot_ended: threading.Event) -> None:
    """Shows the status until all workers have ended, and once more then."""
    look = time.monotonic() + FIRST_LOOK
    while pool.running and len(pool.ended) < pool.size:
        if slot_ended.wait(max(0.0, look - time.monotonic())):
            slot_ended.clear()
            continue
        look = time.monotonic() + view.interval
        show(client, study, view)
    pool.join()
    show(client, study, view)


def show(client: Client, study: str, view: View) -> None:
    """A look that fails is left out: the workers tell when the controller is lost and found, or will not have them."""
    with suppress(ControllerUnreachable, CallRefused):
        view.show(client.get_study_status(study, timeout=STATUS_TIMEOUT))


def ended_as_asked(errors: list[str]) -> str:
    if not errors:
        return "Ended as asked: what was trained is saved, the same command goes on with it."
    heading = (
        "Ended as asked; the same command goes on, but not everything that was trained could be given back:"
    )
    return "\n".join([heading, *errors])
