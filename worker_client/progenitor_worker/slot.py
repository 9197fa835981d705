"""One worker: asks for a trial, trains it, reports, and asks again."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import logging
import platform
import threading
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import study_pb2, trial_pb2

from .controller import Controller, GaveUp, Refused, StudyGone, Superseded
from .events import Event, SlotEnded, StepReached, TrialDoubtful, TrialEnded, TrialStarted
from .heartbeat import Heartbeat
from .held_trial import HeldTrial
from .place import Place
from .process import Description, ProcessDied, Program, TrainingProcess, Unwanted
from .trial_run import FAILED, LOST, Outcome, TrialRun

logger = logging.getLogger(__name__)

MAX_MESSAGE = 4000
"""Characters of a failure message that are sent."""
ENDED = frozenset(
    {study_pb2.STUDY_STATE_COMPLETED, study_pb2.STUDY_STATE_CANCELLED, study_pb2.STUDY_STATE_FAILED}
)


class SlotOptions(Protocol):
    """What a slot needs of the pool's options."""

    @property
    def program(self) -> Program: ...
    @property
    def study(self) -> str: ...
    @property
    def store(self) -> Path: ...
    @property
    def logs(self) -> Path: ...
    @property
    def grace(self) -> float: ...


class Unfit(Exception):
    """No trial of this study can be trained here; the message says why."""


class Slot:
    """`metrics` are those that a completed trial needs. `leaving` asks to end well, `quitting` to end now."""

    def __init__(
        self,
        options: SlotOptions,
        place: Place,
        controller: Controller,
        *,
        metrics: tuple[str, ...],
        environment: Mapping[str, str],
        leaving: threading.Event,
        quitting: threading.Event,
        tell: Callable[[Event], None],
        trainer: TrainingProcess | None = None,
    ) -> None:
        self._options = options
        self._place = place
        self._controller = controller
        self._metrics = metrics
        self._environment = environment
        self._leaving = leaving
        self._quitting = quitting
        self._tell = tell
        self._trainer = trainer
        self._evaluator: TrainingProcess | None = None
        self._sequence = 0
        self._unreported: Heartbeat | None = None  # of a trial that has ended here
        self._asked_at = time.monotonic()
        self._idle_since = time.monotonic()

    def run(self) -> None:
        """Until the study has ended or the worker is to leave; tells how it ended, whatever that was."""
        state, error = study_pb2.STUDY_STATE_UNSPECIFIED, ""
        try:
            state = self._work()
        except GaveUp as reason:
            error = "" if self._unreported is None else f"{self._unreported.not_given_back()}: {reason}"
        except Unwanted:
            error = ""  # the worker is to leave before the user's file was loaded
        except (Refused, StudyGone, Superseded, ProcessDied, Unfit) as reason:
            error = str(reason)
        except Exception as reason:
            # A full disk, say. Whoever waits for the slot's end must hear of it; the thread's end is not seen.
            logger.exception("worker %s ended unexpectedly", self._place.id)
            error = f"{type(reason).__name__}: {reason}"
        finally:
            for process in (self._trainer, self._evaluator):
                if process is not None and not self._quitting.is_set():
                    process.end()
                elif process is not None:
                    process.kill()
            self._controller.close()
            self._place.release()
        self._tell(SlotEnded(self._place.slot, state, error))

    def _work(self) -> study_pb2.StudyState.ValueType:
        worker = self._worker(self._ready_trainer().description(lambda: not self._leaving.is_set()))
        while True:
            answer = self._ask(worker)
            while answer.trials:
                answer = self._train(answer.trials[0], worker)
            if self._leaving.is_set() or answer.study_state in ENDED:
                return answer.study_state
            self._leaving.wait(answer.retry_after.ToNanoseconds() / 1e9 or 1.0)
            if self._leaving.is_set():
                return answer.study_state

    def _ask(self, worker: trial_pb2.Worker) -> pb.GetNewSuggestionResponse:
        """For a trial, holding none: not worth retrying once the worker is to leave."""
        return self._suggest(worker, [], give_up=self._leaving)

    def _train(self, trial: trial_pb2.Trial, worker: trial_pb2.Worker) -> pb.GetNewSuggestionResponse:
        """Trains the trial and reports its outcome, and asks for the next one unless the worker is to leave."""
        held = HeldTrial(trial, step=max(trial.start_step, trial.warm_start.step))
        held.seconds.wait = time.monotonic() - self._idle_since
        beat = Heartbeat(
            self._controller,
            self._options.study,
            worker,
            held,
            lease=trial.lease.remaining.ToNanoseconds() / 1e9,
            since=self._asked_at,
        )
        self._tell(TrialStarted(self._place.slot, trial))
        beat.start()
        log = self._log_of(trial)
        outcome = self._outcome(held, log)
        beat.end()
        self._idle_since = time.monotonic()
        if held.lost:
            outcome = LOST
        if isinstance(beat.refusal, (StudyGone, Superseded)):
            raise beat.refusal
        if beat.refusal is not None:
            outcome = Outcome(FAILED, f"the controller refused what was reported: {beat.refusal}")
            held.forget()
        self._unreported = None if outcome is LOST else beat
        outcome, answer = self._report(held, outcome, worker)
        self._unreported = None
        self._tell(TrialEnded(self._place.slot, trial, outcome.kind, outcome.message, str(log)))
        if outcome.unfit:
            raise Unfit(outcome.unfit)
        return answer

    def _outcome(self, held: HeldTrial, log: Path) -> Outcome:
        try:
            run = TrialRun(
                held=held,
                trainer=self._ready_trainer(),
                evaluator=self._ready_evaluator,
                metrics=self._metrics,
                store=self._options.store,
                log=log,
                worker=self._place.id,
                leaving=self._leaving,
                quitting=self._quitting,
                grace=self._options.grace,
                on_step=lambda step: self._tell(StepReached(self._place.slot, held.trial.name, step)),
                on_doubt=lambda check, doubt: self._tell(
                    TrialDoubtful(self._place.slot, held.trial.name, check, doubt)
                ),
            )
            return run.run()
        except ProcessDied as error:
            return Outcome(FAILED, str(error))

    def _report(
        self, held: HeldTrial, outcome: Outcome, worker: trial_pb2.Worker
    ) -> tuple[Outcome, pb.GetNewSuggestionResponse]:
        """The outcome as the controller has it, and its answer."""
        if outcome is LOST:
            return LOST, self._suggest(worker, [], give_up=self._leaving)
        try:
            self._tell_backlog(held, worker)
            k = 0 if outcome.unfit else 1
            answer = self._suggest(worker, [self._final(held, outcome)], give_up=self._quitting, k=k)
        except Refused as error:
            held.forget()
            refused = f"the controller refused what was reported: {error}"
            outcome = Outcome(FAILED, outcome.if_refused or refused)
            answer = self._suggest(worker, [self._final(held, outcome)], give_up=self._quitting)
        if held.trial.name in answer.lost_trials:
            outcome = LOST
        return outcome, answer

    def _tell_backlog(self, held: HeldTrial, worker: trial_pb2.Worker) -> None:
        """What the last report has no room for."""
        while held.backlog:
            report = held.report()
            self._controller.stop_early(
                pb.GetEarlyStoppingTrialsRequest(study=self._options.study, trials=[report], worker=worker),
                give_up=self._quitting,
            )
            held.told(report)

    def _final(self, held: HeldTrial, outcome: Outcome) -> trial_pb2.TrialReport:
        return held.report(outcome.kind, sendable(outcome.message))

    def _suggest(
        self,
        worker: trial_pb2.Worker,
        reports: list[trial_pb2.TrialReport],
        give_up: threading.Event,
        *,
        k: int = 1,
    ) -> pb.GetNewSuggestionResponse:
        """Reports, and asks for `k` trials unless the worker is to leave."""
        request = self._request(worker, reports, 0 if self._leaving.is_set() else k)
        self._asked_at = time.monotonic()
        return self._controller.suggest(request, give_up)

    def _request(
        self, worker: trial_pb2.Worker, reports: list[trial_pb2.TrialReport], k: int
    ) -> pb.GetNewSuggestionRequest:
        self._sequence += 1
        return pb.GetNewSuggestionRequest(
            study=self._options.study,
            trials=reports,
            k=k,
            worker=worker,
            sequence=self._sequence,
        )

    def _worker(self, description: Description) -> trial_pb2.Worker:
        return trial_pb2.Worker(
            id=self._place.id,
            host=platform.node()[:200],
            code_digest=description.digest,
            versions={"progenitor": version("progenitor"), "python": platform.python_version()},
            incarnation=self._place.incarnation,
        )

    def _ready_trainer(self) -> TrainingProcess:
        if self._trainer is not None and not self._trainer.alive:
            self._trainer.kill()  # it died between two trials; what it started may be there still
            self._trainer = None
        if self._trainer is None:
            self._trainer = self._start("trainer")
        return self._trainer

    def _ready_evaluator(self, wanted: Callable[[], bool]) -> TrainingProcess | None:
        """None if the user's file has no evaluate. Raises ProcessDied, Unwanted."""
        if self._trainer is None or not self._trainer.description().evaluates:
            return None
        if self._evaluator is not None and not self._evaluator.alive:
            self._evaluator.kill()
            self._evaluator = None
        if self._evaluator is None:
            self._evaluator = self._start("evaluator")
        self._evaluator.description(wanted)
        return self._evaluator

    def _start(self, role: str) -> TrainingProcess:
        log = self._options.logs / f"{role}-{self._place.slot}.log"
        return TrainingProcess(self._options.program, self._environment, log)

    def _log_of(self, trial: trial_pb2.Trial) -> Path:
        return self._options.logs / trial.study_uid / f"{trial.name.rpartition('/')[2]}.log"


def sendable(message: str) -> str:
    """As protobuf takes it: what cannot be encoded, and NUL, is replaced."""
    return message[:MAX_MESSAGE].encode("utf-8", "replace").decode().replace("\0", "?")
