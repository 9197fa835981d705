"""What is known of a study while it is watched: each member's newest trial, and its fitness so far."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from progenitor.v1 import study_pb2, trial_pb2

from ..calls.names import number


@dataclass(frozen=True, slots=True)
class Member:
    """A row of the view; `history` is the first metric at the end of each generation that is known, in order."""

    trial: trial_pb2.Trial
    step: int
    history: tuple[float, ...]

    @property
    def metrics(self) -> dict[str, float]:
        return dict(self.trial.measurement.metrics)


class Population:
    """Fed by the stream of changes and by the workers of this process, read by the view."""

    def __init__(self, spec: study_pb2.StudySpec) -> None:
        self.spec = spec
        self.metrics = tuple(metric.name for metric in spec.metrics)
        self.parameters = tuple(parameter.name for parameter in spec.parameters)
        self._lock = threading.Lock()
        self._newest: dict[int, trial_pb2.Trial] = {}
        self._steps: dict[str, int] = {}
        self._history: dict[int, dict[int, float]] = {}

    def changed(self, trials: Sequence[trial_pb2.Trial]) -> None:
        with self._lock:
            for trial in trials:
                known = self._newest.get(trial.member)
                if known is None or number(known) <= number(trial):
                    self._newest[trial.member] = trial
                if known is not None and number(known) < number(trial):
                    self._steps.pop(known.name, None)
                if trial.state == trial_pb2.TRIAL_STATE_COMPLETED:
                    value = trial.measurement.metrics[self.metrics[0]]
                    self._history.setdefault(trial.member, {})[trial.generation] = value

    def stepped(self, trial: str, step: int) -> None:
        """A worker here is ahead of what the controller has heard."""
        with self._lock:
            self._steps[trial] = step

    def members(self) -> list[Member]:
        with self._lock:
            return [self._member(place) for place in sorted(self._newest)]

    def _member(self, place: int) -> Member:
        trial = self._newest[place]
        history = self._history.get(place, {})
        return Member(
            trial,
            max(trial.step, self._steps.get(trial.name, 0)),
            tuple(history[generation] for generation in sorted(history)),
        )
