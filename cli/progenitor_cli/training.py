"""Workers of this process train a study while its progress is shown."""

import time
from pathlib import Path

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker.events import (
    ControllerFound,
    ControllerLost,
    Event,
    SlotEnded,
    StepReached,
    TrialEnded,
)
from progenitor_worker.place import PlaceTaken
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Description, ProcessDied, TrainingProcess

from .client import Client
from .ending import Ending
from .errors import CallRefused, CliError, ControllerUnreachable, Interrupted, UsageError
from .failures import essence, failure_text
from .names import id_from_file, id_from_name, short
from .population import Population
from .studies import Wish
from .view import View, view_for
from .watcher import Watcher

REFRESH = 0.25
"""Seconds between two looks at the study's status."""
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


class Listener:
    """Hands the workers' events on to the view; a failure's message is shown once."""

    def __init__(self, view: View, population: Population, ending: Ending) -> None:
        self._view = view
        self._population = population
        self._ending = ending
        self._told: set[str] = set()

    def heard(self, event: Event) -> None:
        match event:
            case StepReached():
                self._population.stepped(event.trial, event.step)
            case TrialEnded() if event.outcome == trial_pb2.OUTCOME_FAILED:
                self._failed(event)
            case ControllerLost():
                self._once(f"The controller does not answer: {event.message}. Training goes on.")
            case ControllerFound():
                self._told.clear()
                self._view.say(f"The controller at {event.address} answers again.")
            case SlotEnded():
                if event.error:
                    self._once(f"Worker {event.slot} ended: {event.error}")
                self._ending.wake.set()

    def _failed(self, event: TrialEnded) -> None:
        if essence(event.message) not in self._told:
            self._told.add(essence(event.message))
            self._view.say(failure_text(event.trial.name, event.message, event.log))

    def _once(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._view.say(message)


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
    population = Population(study.effective_spec)
    with ending.gently():
        view = view_for(population, short(study.name), to_stderr=to_stderr)
        pool = WorkerPool(options, Listener(view, population, ending).heard, trainer)
        try:
            with Watcher(client, study.name, population):
                try:
                    pool.start()
                except PlaceTaken as taken:
                    raise CliError(
                        f"{taken}. Give these workers a --name or a --state folder of their own."
                    ) from taken
                if pool.trainer is not None:
                    pool.trainer.kill()  # each worker has a GPU of its own, which the file was loaded without
                follow(client, study.name, pool, view, ending)
        except BaseException:
            pool.leave()
            pool.join(options.grace)
            raise
        finally:
            view.close()
    if ending.number is not None:
        raise Interrupted(
            ending.number, "Ended as asked: what was trained is saved, the same command goes on with it."
        )
    errors = sorted({ended.error for ended in pool.ended if ended.error})
    if errors and client.study(study.name).state not in ENDED:
        raise CliError("\n".join(errors))


def follow(client: Client, study: str, pool: WorkerPool, view: View, ending: Ending) -> None:
    """Shows the status until all workers have ended; a signal makes them leave."""
    leaving = False
    refreshed = 0.0
    while pool.running:
        ending.wake.wait(REFRESH)
        ending.wake.clear()
        if len(pool.ended) >= pool.size:
            pool.join()
            return
        if ending.number is not None and not leaving:
            leaving = True
            view.say("Ending: running trials are saved and given back. Once more ends at once.")
            pool.leave()
        if time.monotonic() - refreshed >= REFRESH:
            refreshed = time.monotonic()
            try:
                view.show(client.status(study))
            except (ControllerUnreachable, CallRefused):
                continue  # the workers tell when it is lost and found, or will not have them
