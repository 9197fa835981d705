"""The curves that a stopping rule compares: of a bounded number of trials at a bounded number of steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from progenitor_storage import Snapshot
from progenitor_storage.finished import FinishedSession
from progenitor_storage.model.spec import MetricSpec
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Measurement, Trial

from .algorithms.stopping import Comparison, Configuration, Curve, Session, complete, thinned

MAX_OTHERS = 32
"""The newest; more only where `min_trials` asks for more. Their median is about that of all."""
MAX_POINTS = 8
"""Of another's session: where it stood at so many of the running trial's steps, evenly spread."""
MAX_SESSIONS = 8
"""Of a configuration that are read at their ends, the one under way apart."""
MAX_OWN = 1000
"""Steps that the running trial has measured, the newest."""


@dataclass(frozen=True, slots=True)
class Curves:
    own: Curve
    others: Sequence[Curve]


class CurveReader:
    """Reads what a call needs, each question once."""

    def __init__(self, tx: Snapshot, study: Study, metrics: Sequence[MetricSpec]) -> None:
        self._tx = tx
        self._study = study
        self._metrics = metrics
        self._finished: dict[tuple[Session | Configuration, int], list[FinishedSession]] = {}

    def curves(self, trial: Trial, comparison: Comparison) -> Curves | None:
        """None if there are fewer others than the rule wants."""
        most = max(MAX_OTHERS, comparison.min_trials)
        # One more, as the trial's own member may be among them.
        finished = self._finished_up_to(most + 1, comparison)
        others = [other for other in finished if other.member != trial.member][:most]
        if len(others) < comparison.min_trials:
            return None
        newest = self._tx.measurements.newest(self._study, trial.number, MAX_OWN)
        # Its best is one point of it, however long ago: who was the best of all is not stopped.
        own = by_step([] if trial.peak is None else [trial.peak], newest)
        compared = thinned(complete(self._metrics, newest), MAX_POINTS)
        left = [trial.end_step - measurement.step for measurement in compared]
        match comparison.others:
            case Session():
                return Curves(own, self._sessions(trial, others, left))
            case Configuration():
                return self._configurations(trial, own, others, left)

    def _finished_up_to(self, limit: int, comparison: Comparison) -> list[FinishedSession]:
        key = (comparison.others, limit)
        if key not in self._finished:
            self._finished[key] = self._read(comparison.others, limit)
        return self._finished[key]

    def _read(self, others: Session | Configuration, limit: int) -> list[FinishedSession]:
        match others:
            case Session(generation, among):
                return self._tx.finished.in_generation(self._study, generation, among, limit)
            case Configuration(least_step):
                return self._tx.finished.furthest(self._study, least_step, limit)

    def _sessions(self, trial: Trial, others: Sequence[FinishedSession], left: Sequence[int]) -> list[Curve]:
        seen = self._tx.measurements.before_end(self._study, [other.number for other in others], left)
        return [
            moved([*seen[other.number], other.measurement], trial.end_step - other.measurement.step)
            for other in others
        ]

    def _configurations(
        self, trial: Trial, own: Sequence[Measurement], others: Sequence[FinishedSession], left: Sequence[int]
    ) -> Curves:
        earlier = thinned(range(trial.generation), MAX_SESSIONS)
        members = [trial.member, *(other.member for other in others)]
        sessions = self._tx.finished.sessions(self._study, members, [*earlier, trial.generation])
        alongside = [session.number for session in sessions if session.generation == trial.generation]
        seen = self._tx.measurements.before_end(self._study, alongside, left)
        known: dict[int, list[Measurement]] = {member: [] for member in members}
        for session in sessions:
            known[session.member] += [*seen.get(session.number, ()), session.measurement]
        return Curves(
            own=by_step(known[trial.member], own),
            others=[by_step(known[other.member], [other.measurement]) for other in others],
        )


def moved(curve: Sequence[Measurement], steps: int) -> Curve:
    return by_step([Measurement(m.step + steps, m.metrics) for m in curve])


def by_step(*curves: Sequence[Measurement]) -> Curve:
    """One measurement of each step, the last one given."""
    found = {measurement.step: measurement for measurement in chain(*curves)}
    return [found[step] for step in sorted(found)]
