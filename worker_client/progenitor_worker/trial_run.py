"""One trial from the hand-out to its outcome: train, keep the lease, evaluate."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from progenitor.v1 import trial_pb2

from .channel import Message
from .held_trial import HeldTrial
from .needed_at_end import contradiction, metrics_missing, nothing_saved
from .process import ProcessDied, TrainingProcess, Unwanted, stamp, tail
from .store import Holder
from .user_code import OURS_BEGIN
from .values import parameter_from_wire

LOOK_INTERVAL = 0.05
"""Seconds between two looks at whether the trial is lost or to be stopped."""

COMPLETED = trial_pb2.OUTCOME_COMPLETED
STOPPED = trial_pb2.OUTCOME_STOPPED
FAILED = trial_pb2.OUTCOME_FAILED
RELEASED = trial_pb2.OUTCOME_RELEASED


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind` is OUTCOME_UNSPECIFIED for a trial that is no longer ours: nothing is reported of it.

    `if_refused` is the failure's message should the controller not take the outcome; `unfit` says why no trial can be
    trained here: the worker gives this one back and ends.
    """

    kind: trial_pb2.Outcome.ValueType
    message: str = ""
    if_refused: str = ""
    unfit: str = ""


LOST = Outcome(trial_pb2.OUTCOME_UNSPECIFIED)


@dataclass(slots=True)
class TrialRun:
    """`leaving` is set when the worker is to end; then, or when the controller asks, a trial has `grace` seconds.
    `quitting` cuts them short.

    `evaluator` gives the process that evaluates, or None if the user's file has no evaluate. It may load for as long
    as what it is given says that it is wanted.
    """

    held: HeldTrial
    trainer: TrainingProcess
    evaluator: Callable[[Callable[[], bool]], TrainingProcess | None]
    metrics: tuple[str, ...]
    store: Path
    log: Path
    worker: str
    leaving: threading.Event
    quitting: threading.Event
    grace: float
    on_step: Callable[[int], None]
    on_doubt: Callable[[str, str], None]
    _deadline: float | None = field(default=None, init=False)

    def run(self) -> Outcome:
        if self.leaving.is_set():
            return Outcome(RELEASED)
        try:
            self.trainer.description(lambda: not self._ending and not self._abandoned)
            return self._train()
        except Unwanted:
            return self._given_back()
        except ProcessDied as error:
            return self._failed(str(error))

    def _train(self) -> Outcome:
        self.trainer.send(self._job("train"))
        message = self._listen(self.trainer)
        if message is None:
            return self._given_back()
        if message["kind"] == "unfit":
            return Outcome(RELEASED, unfit=message["message"])
        if message["kind"] == "failed":
            return self._given_back() if message["stopping"] else self._failed(message["message"])
        self.held.reached(message["step"])
        return self._at_end() if message["step"] >= self.held.end_step else self._given_back()

    def _at_end(self) -> Outcome:
        """The end step was reached: a checkpoint and every metric are needed there."""
        checkpoint = self.held.checkpoint_at_end()
        if checkpoint is None:
            return Outcome(FAILED, nothing_saved(self.held.end_step))
        if self.leaving.is_set():
            return self._unevaluated()
        try:
            evaluator = self.evaluator(lambda: not self._given_up())
        except Unwanted:
            return self._unevaluated()
        if evaluator is not None:
            outcome = self._evaluate(evaluator, checkpoint)
            if outcome is not None:
                return outcome
        missing = self._metrics_missing() if self._missing() else ""
        if (
            missing and not self.held.resumed_at_end
        ):  # else what was measured before may be known to the controller
            return Outcome(FAILED, missing)
        return Outcome(COMPLETED, if_refused=missing)

    def _evaluate(self, evaluator: TrainingProcess, checkpoint: str) -> Outcome | None:
        """Adds the metrics of the user's evaluate; an outcome only if they are none or cannot be."""
        evaluator.send(self._job("evaluate") | {"checkpoint": checkpoint})
        message = self._listen(evaluator)
        if message is None:
            return self._unevaluated()
        if message["kind"] == "failed":
            return self._unevaluated() if message["stopping"] else self._failed(message["message"])
        trained = self.held.metrics_measured_at_end()
        if told := contradiction(self.held.end_step, trained, message["metrics"]):
            return Outcome(FAILED, told)
        self.held.measured(self.held.end_step, message["metrics"], self.held.seconds.train)
        return None

    def _listen(self, process: TrainingProcess) -> Message | None:
        """The message that ends a session; None if the trial was given up, and its process killed, before that."""
        asked = False
        ours = self._holder.name
        while True:
            message = process.receive(LOOK_INTERVAL)
            if message is not None and message.get("holder") == ours:
                if message["kind"] in ("done", "failed", "evaluated", "unfit"):
                    self.held.seconds.take(message["seconds"])
                    return message
                self._take(message)
            if self._given_up():
                process.kill()
                return None
            if self._ending and not asked:
                asked = True
                process.stop()

    @property
    def _ending(self) -> bool:
        return self.leaving.is_set() or self.held.stop_asked

    @property
    def _abandoned(self) -> bool:
        return self.held.lost or self.held.refused

    def _given_up(self) -> bool:
        """The grace begins when it is first seen that the trial is to end, and is one for all of its processes."""
        if self._abandoned or not self._ending:
            return self._abandoned
        if self._deadline is None:
            self._deadline = time.monotonic() + self.grace
        return self.quitting.is_set() or time.monotonic() > self._deadline

    def _given_back(self) -> Outcome:
        if self.held.lost:
            return LOST
        return Outcome(STOPPED if self.held.stop_asked else RELEASED)

    def _unevaluated(self) -> Outcome:
        """Cut short at the end step: what train itself has reported there may be all that is needed."""
        return self._given_back() if self.held.lost or self._missing() else Outcome(COMPLETED)

    def _failed(self, message: str) -> Outcome:
        """What a session that is cut short raises says nothing: should it fail again, the next holder tells."""
        return self._given_back() if self._ending else Outcome(FAILED, self._with_log(message))

    def _take(self, message: Message) -> None:
        match message["kind"]:
            case "step":
                self.held.reached(message["step"])
                self.on_step(message["step"])
            case "measured":
                self.held.measured(message["step"], message["metrics"], message["elapsed"])
            case "saved":
                self.held.saved(message["checkpoint"])
            case "doubtful":
                self.on_doubt(message["check"], message["message"])

    @property
    def _holder(self) -> Holder:
        trial = self.held.trial
        return Holder(trial.study_uid, int(trial.name.rpartition("/")[2]), trial.lease.epoch)

    def _job(self, kind: str) -> Message:
        trial, holder = self.held.trial, self._holder
        start = trial.warm_start
        part = "" if kind == "train" else f", {kind}"
        return {
            "kind": kind,
            "study_uid": holder.study_uid,
            "trial": holder.trial,
            "epoch": holder.epoch,
            # By name: a map of the wire has another order in each process, which training must not depend on.
            "parameters": {
                name: parameter_from_wire(value) for name, value in sorted(trial.parameters.items())
            },
            "seed": trial.seed,
            "start_step": trial.start_step,
            "end_step": trial.end_step,
            "warm_start": {"uri": start.uri, "step": start.step, "digest": start.digest}
            if start.uri
            else None,
            "store": str(self.store),
            "log": str(self.log),
            "header": f"--- trial {holder.trial}, epoch {holder.epoch}, worker {self.worker}, {stamp()}{part} ---",
        }

    def _missing(self) -> list[str]:
        found = self.held.metrics_at_end()
        return [name for name in self.metrics if name not in found]

    def _metrics_missing(self) -> str:
        return metrics_missing(self.held.end_step, self._missing(), self.held.metrics_reported())

    def _with_log(self, message: str) -> str:
        """A process that died says little: the end of its log says more."""
        last = tail(self.log) if message.startswith(("the training process", "the command")) else ""
        last = "\n".join(line for line in last.splitlines() if not line.startswith(OURS_BEGIN))
        return "\n".join(filter(None, [message, last, f"log: {self.log}"]))
