"""What the workers of this process tell, handed on to the view."""

import threading

from progenitor.v1 import trial_pb2
from progenitor_worker.events import (
    ControllerFound,
    ControllerLost,
    Event,
    SlotEnded,
    StepReached,
    TrialDoubtful,
    TrialEnded,
)

from ..calls.names import short
from ..text.failures import failure_text, kind
from .view import View


class Listener:
    """Hears all workers, each in its thread. A failure is shown once, and so are a doubt and a loss of the controller.

    `slot_ended` is set whenever a worker has ended.
    """

    def __init__(self, view: View) -> None:
        self.slot_ended = threading.Event()
        self._view = view
        self._lock = threading.Lock()
        self._failures: set[str] = set()
        self._doubts: set[str] = set()
        self._lost: set[int] = set()

    def heard(self, event: Event) -> None:
        match event:
            case StepReached():
                self._view.stepped(event.trial, event.step)
            case TrialEnded() if event.outcome == trial_pb2.OUTCOME_FAILED:
                self._failed(event)
            case TrialDoubtful() if self._first_doubt(event.check):
                self._view.say(
                    f"Warning: {event.message} (seen in trial {short(event.trial)}; `progenitor check` tells more)."
                )
            case ControllerLost():
                if self._first_to_lose(event.slot):
                    self._view.say(
                        f"The controller cannot be told: {event.message.rstrip('.')}. Training goes on."
                    )
            case ControllerFound():
                if self._first_to_find(event.slot):
                    self._view.say(f"The controller at {event.address} answers again.")
            case SlotEnded():
                if event.error:
                    self._view.say(f"Worker {event.slot} ended: {event.error}")
                self.slot_ended.set()

    def _failed(self, event: TrialEnded) -> None:
        with self._lock:
            known = kind(event.message) in self._failures
            self._failures.add(kind(event.message))
        if not known:
            self._view.say(failure_text(event.trial.name, event.message, event.log))

    def _first_doubt(self, check: str) -> bool:
        with self._lock:
            first = check not in self._doubts
            self._doubts.add(check)
        return first

    def _first_to_lose(self, slot: int) -> bool:
        with self._lock:
            first = not self._lost
            self._lost.add(slot)
        return first

    def _first_to_find(self, slot: int) -> bool:
        """Those that find it after this one tell nothing new."""
        with self._lock:
            first = slot in self._lost
            self._lost.clear()
        return first
