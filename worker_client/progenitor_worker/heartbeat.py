"""Keeps the lease of the trial that is held, and tells what is new of it, whatever the training is doing."""

import threading
import time

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import study_pb2, trial_pb2

from .controller import Controller, GaveUp, Refused, StudyGone, Superseded
from .held_trial import HeldTrial

COALESCE = 0.1
"""Seconds that a new checkpoint waits: one at the very end of a trial goes with the trial's outcome."""
MEASUREMENT_DELAY = 1.0
"""Seconds within which a new measurement is told, so that early stopping can act on it."""

SHORTEST_LEASE = 0.3
"""Seconds; a lease that is shorter, or that the controller did not tell, is renewed no faster than this one."""


class Heartbeat:
    """Runs beside one trial, from `start` until `end`. What it learns stands in the trial that it keeps.

    The lease of `lease` seconds counts from `since`, when the call that gave it was first made: an answer that was
    long in coming gives a lease of which little is left.
    """

    def __init__(
        self,
        controller: Controller,
        study: str,
        worker: trial_pb2.Worker,
        held: HeldTrial,
        *,
        lease: float,
        since: float,
    ) -> None:
        self._controller = controller
        self._study = study
        self._worker = worker
        self._held = held
        self._lease = max(SHORTEST_LEASE, lease)
        self._since = since
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease of {held.trial.name}", daemon=True)
        self.refusal: Refused | StudyGone | Superseded | None = None

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Afterwards nothing more is told; a call that is under way is waited for."""
        self._ended.set()
        self._held.news.set()
        self._thread.join()

    def not_given_back(self) -> str:
        """What becomes of the trial if nothing is reported of it."""
        left = max(0.0, self._since + self._lease - time.monotonic())
        number = self._held.trial.name.rpartition("/")[2]
        return f"trial {number} could not be given back, its lease runs out in {left:.0f} s"

    def _run(self) -> None:
        while self._wait_for_news():
            report = self._held.report()
            began = time.monotonic()
            try:
                answer = self._controller.stop_early(
                    pb.GetEarlyStoppingTrialsRequest(study=self._study, trials=[report], worker=self._worker),
                    give_up=self._ended,
                )
            except GaveUp:
                return
            except (Refused, StudyGone, Superseded) as error:
                self.refusal = error
                self._held.refused = True
                return
            self._held.told(report)
            self._since = began
            self._heed(answer)
            if self._held.lost:
                return

    def _wait_for_news(self) -> bool:
        """Until the lease is to be renewed or something is to be told; False once this is to end."""
        renewal = self._since + self._lease / 3
        if self._ended.is_set():  # its news may have been cleared by the report just told
            return False
        self._held.news.wait(max(0.0, renewal - time.monotonic()))
        if self._ended.is_set():
            return False
        if self._held.backlog:
            return True
        delay = COALESCE if self._held.urgent else MEASUREMENT_DELAY
        deadline = min(renewal, time.monotonic() + delay)
        while not self._ended.wait(min(COALESCE, max(0.0, deadline - time.monotonic()))):
            if time.monotonic() >= deadline or self._held.urgent:
                return True
        return False

    def _heed(self, answer: pb.GetEarlyStoppingTrialsResponse) -> None:
        name = self._held.trial.name
        if name in answer.lost_trials or answer.study_state == study_pb2.STUDY_STATE_CANCELLED:
            self._held.lost = True
        if name in answer.trials:
            self._held.stop_asked = True
        if answer.HasField("lease_remaining"):
            self._lease = max(SHORTEST_LEASE, answer.lease_remaining.ToNanoseconds() / 1e9)
