"""What a worker knows of the trial that it holds: what is still to be told to the controller, and what was asked."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from progenitor.v1 import trial_pb2

from .channel import Message

MOST_CHECKPOINTS = 1_000
"""In one report."""
MOST_MEASUREMENTS = 5_000
MOST_BYTES = 1 << 20
"""Of the measurements in one report: what piled up while no controller answered is told in several."""


@dataclass(slots=True)
class Seconds:
    """A trial's timing."""

    wait: float = 0.0
    restore: float = 0.0
    train: float = 0.0
    evaluate: float = 0.0
    save: float = 0.0

    def take(self, seconds: Mapping[str, float]) -> None:
        """What a training process has measured of them."""
        for name, length in seconds.items():
            setattr(self, name, length)

    def to_wire(self) -> trial_pb2.Timing:
        timing = trial_pb2.Timing()
        for name in ("wait", "restore", "train", "evaluate", "save"):
            getattr(timing, name).FromNanoseconds(int(max(0.0, getattr(self, name)) * 1e9))
        return timing


@dataclass(slots=True)
class HeldTrial:
    """Shared by the thread that trains and the one that keeps the lease; each method holds the lock.

    `news` is set when something waits to be told.
    """

    trial: trial_pb2.Trial
    seconds: Seconds = field(default_factory=Seconds)
    step: int = 0
    stop_asked: bool = False
    lost: bool = False
    news: threading.Event = field(default_factory=threading.Event)
    urgent: bool = False
    refused: bool = False
    """The controller will not have what was reported of it, so there is no use in training on."""
    _metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    _checkpoints: list[trial_pb2.Checkpoint] = field(default_factory=list)
    _untold_measurements: list[trial_pb2.Measurement] = field(default_factory=list)
    _untold_checkpoints: list[trial_pb2.Checkpoint] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def end_step(self) -> int:
        return self.trial.end_step

    @property
    def resumed_at_end(self) -> bool:
        """Whether all that is left to do is to measure what an earlier holder has trained."""
        resumed = self.trial.warm_start
        return bool(resumed.uri) and resumed.step == self.end_step

    def reached(self, step: int) -> None:
        with self._lock:
            self.step = max(self.step, step)

    def measured(self, step: int, metrics: dict[str, float], elapsed: float) -> None:
        measurement = trial_pb2.Measurement(step=step, metrics=metrics)
        measurement.elapsed.FromNanoseconds(int(max(0.0, elapsed) * 1e9))
        with self._lock:
            self._metrics.setdefault(step, {}).update(metrics)
            self._untold_measurements.append(measurement)
            self.step = max(self.step, step)
        self.news.set()

    def saved(self, message: Message) -> None:
        checkpoint = trial_pb2.Checkpoint(
            uri=message["uri"], step=message["step"], size_bytes=message["size"], digest=message["digest"]
        )
        with self._lock:
            self._checkpoints.append(checkpoint)
            self._untold_checkpoints.append(checkpoint)
            self.step = max(self.step, checkpoint.step)
            self.urgent = True
        self.news.set()

    def metrics_at_end(self) -> dict[str, float]:
        """Those that the controller has of these very weights too, if the trial resumed from its own end."""
        newest = self.trial.measurement
        known = self.resumed_at_end and newest.step == self.end_step
        return (dict(newest.metrics) if known else {}) | self.metrics_measured_at_end()

    def metrics_measured_at_end(self) -> dict[str, float]:
        """Those that this holder has measured."""
        with self._lock:
            return dict(self._metrics.get(self.end_step, {}))

    def metrics_reported(self) -> set[str]:
        with self._lock:
            return {name for metrics in self._metrics.values() for name in metrics}

    def checkpoint_at_end(self) -> str | None:
        """The uri of the newest checkpoint at the end step, the one that the trial resumed from included."""
        with self._lock:
            own = [checkpoint for checkpoint in self._checkpoints if checkpoint.step == self.end_step]
        if own:
            return own[-1].uri
        return self.trial.warm_start.uri if self.resumed_at_end else None

    @property
    def backlog(self) -> bool:
        """Whether more waits to be told than one report takes."""
        with self._lock:
            return (
                self._told_at_once() < len(self._untold_measurements)
                or len(self._untold_checkpoints) > MOST_CHECKPOINTS
            )

    def _told_at_once(self) -> int:
        size = 0
        for count, measurement in enumerate(self._untold_measurements[:MOST_MEASUREMENTS]):
            size += measurement.ByteSize()
            if size > MOST_BYTES and count > 0:
                return count
        return min(len(self._untold_measurements), MOST_MEASUREMENTS)

    def report(
        self, outcome: trial_pb2.Outcome.ValueType = trial_pb2.OUTCOME_UNSPECIFIED, message: str = ""
    ) -> trial_pb2.TrialReport:
        """What was not told yet, as much as one call takes; `told` is called with it once it was."""
        with self._lock:
            return trial_pb2.TrialReport(
                trial=self.trial.name,
                epoch=self.trial.lease.epoch,
                step=max(self.step, self.trial.start_step),
                measurements=self._untold_measurements[: self._told_at_once()],
                checkpoints=self._untold_checkpoints[:MOST_CHECKPOINTS],
                timing=self.seconds.to_wire(),
                outcome=outcome,
                failure_message=message,
            )

    def told(self, report: trial_pb2.TrialReport) -> None:
        """The controller has what this report said."""
        with self._lock:
            del self._untold_measurements[: len(report.measurements)]
            del self._untold_checkpoints[: len(report.checkpoints)]
            self.urgent = bool(self._untold_checkpoints)
            if not self._untold_measurements and not self._untold_checkpoints:
                self.news.clear()

    def forget(self) -> None:
        """What waits to be told was refused: it is not told again."""
        with self._lock:
            self._untold_measurements.clear()
            self._untold_checkpoints.clear()
