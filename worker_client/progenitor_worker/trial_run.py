"""One trial from the hand-out to its outcome: train, keep the lease, evaluate."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from progenitor.v1 import trial_pb2

from .channel import Message
from .held_trial import HeldTrial
from .process import ProcessDied, TrainingProcess, stamp, tail
from .store import Holder
from .values import parameter_from_wire

LOOK_INTERVAL = 0.05
"""Seconds between two looks at whether the trial is lost or to be stopped."""

COMPLETED = trial_pb2.OUTCOME_COMPLETED
STOPPED = trial_pb2.OUTCOME_STOPPED
FAILED = trial_pb2.OUTCOME_FAILED
RELEASED = trial_pb2.OUTCOME_RELEASED


@dataclass(frozen=True, slots=True)
class Outcome:
    """`kind` is OUTCOME_UNSPECIFIED for a trial that is no longer ours: nothing is reported of it."""

    kind: trial_pb2.Outcome.ValueType
    message: str = ""


LOST = Outcome(trial_pb2.OUTCOME_UNSPECIFIED)


@dataclass(frozen=True, slots=True)
class TrialRun:
    """`leaving` is set when the worker is to end; then, or when the controller asks, a session has `grace` seconds.

    `evaluator` gives the process that evaluates, or None if the user's file has no evaluate.
    """

    held: HeldTrial
    trainer: TrainingProcess
    evaluator: Callable[[], TrainingProcess | None]
    metrics: tuple[str, ...]
    store: Path
    log: Path
    worker: str
    leaving: threading.Event
    grace: float
    on_step: Callable[[int], None]

    def run(self) -> Outcome:
        if self.leaving.is_set():
            return Outcome(RELEASED)
        try:
            return self._train()
        except ProcessDied as error:
            return Outcome(FAILED, self._with_log(str(error)))

    def _train(self) -> Outcome:
        self.trainer.send(self._job())
        message = self._listen(self.trainer)
        if message is None:
            return self._given_up()
        if message["kind"] == "failed":
            return Outcome(FAILED, self._with_log(message["message"]))
        seconds = self.held.seconds
        seconds.restore, seconds.train, seconds.save = message["restore"], message["train"], message["save"]
        self.held.reached(message["step"])
        if message["step"] < self.held.end_step:
            return Outcome(STOPPED if self.held.stop_asked else RELEASED)
        return self._at_end()

    def _at_end(self) -> Outcome:
        """The end step was reached: a checkpoint and every metric are needed there."""
        checkpoint = self.held.checkpoint_at_end()
        if checkpoint is None:
            return Outcome(FAILED, self._nothing_saved())
        if self.leaving.is_set() and self._missing():
            return Outcome(RELEASED)
        evaluator = self.evaluator()
        if evaluator is not None:
            outcome = self._evaluate(evaluator, checkpoint)
            if outcome is not None:
                return outcome
        return Outcome(FAILED, self._metrics_missing()) if self._missing() else Outcome(COMPLETED)

    def _evaluate(self, evaluator: TrainingProcess, checkpoint: str) -> Outcome | None:
        """Adds the metrics of the user's evaluate; an outcome only if there are none."""
        job = self._job() | {"kind": "evaluate", "checkpoint": checkpoint}
        evaluator.send(job)
        message = self._listen(evaluator)
        if message is None:
            return self._given_up()
        if message["kind"] == "failed":
            return Outcome(FAILED, self._with_log(message["message"]))
        self.held.seconds.evaluate = message["evaluate"]
        self.held.measured(self.held.end_step, message["metrics"], self.held.seconds.train)
        return None

    def _listen(self, process: TrainingProcess) -> Message | None:
        """The message that ends a session; None if the trial was given up, and its process killed, before that."""
        patience: float | None = None
        ours = self._holder.name
        while True:
            message = process.receive(LOOK_INTERVAL)
            if message is not None and message.get("holder") == ours:
                if message["kind"] in ("done", "failed", "evaluated"):
                    return message
                self._take(message)
            if self.held.lost or self.held.refused:
                process.kill()
                return None
            if patience is None and (self.leaving.is_set() or self.held.stop_asked):
                patience = time.monotonic() + self.grace
                process.stop()
            if patience is not None and time.monotonic() > patience:
                process.kill()
                return None

    def _take(self, message: Message) -> None:
        match message["kind"]:
            case "step":
                self.held.reached(message["step"])
                self.on_step(message["step"])
            case "measured":
                self.held.measured(message["step"], message["metrics"], message["elapsed"])
            case "saved":
                self.held.saved(message["checkpoint"])

    def _given_up(self) -> Outcome:
        if self.held.lost:
            return LOST
        return Outcome(STOPPED if self.held.stop_asked else RELEASED)

    @property
    def _holder(self) -> Holder:
        trial = self.held.trial
        return Holder(trial.study_uid, int(trial.name.rpartition("/")[2]), trial.lease.epoch)

    def _job(self) -> Message:
        trial, holder = self.held.trial, self._holder
        start = trial.warm_start
        return {
            "kind": "train",
            "study_uid": holder.study_uid,
            "trial": holder.trial,
            "epoch": holder.epoch,
            "parameters": {name: parameter_from_wire(value) for name, value in trial.parameters.items()},
            "seed": trial.seed,
            "start_step": trial.start_step,
            "end_step": trial.end_step,
            "warm_start": {"uri": start.uri, "step": start.step, "digest": start.digest}
            if start.uri
            else None,
            "store": str(self.store),
            "log": str(self.log),
            "header": f"--- trial {holder.trial}, epoch {holder.epoch}, worker {self.worker}, {stamp()} ---",
        }

    def _missing(self) -> list[str]:
        found = self.held.metrics_at_end()
        return [name for name in self.metrics if name not in found]

    def _metrics_missing(self) -> str:
        end = self.held.end_step
        told = f"the metrics {', '.join(self._missing())} were not reported at the end step {end}"
        others = sorted(self.held.metrics_reported())
        reported = f"reported were {', '.join(others)}" if others else "nothing was reported"
        return (
            f"{told} ({reported}): call session.report({self._missing()[0]}=…) after training the last step, or "
            "return it from evaluate"
        )

    def _nothing_saved(self) -> str:
        return (
            f"no checkpoint was saved at the end step {self.held.end_step}: after the loop over session.steps() use "
            "`with session.checkpoint() as folder:` and save model and optimizer into that folder"
        )

    def _with_log(self, message: str) -> str:
        """A process that died says little: the end of its log says more."""
        last = tail(self.log) if message.startswith(("the training process", "while", "the command")) else ""
        return "\n".join(filter(None, [message, last, f"log: {self.log}"]))
