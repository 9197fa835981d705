"""Searches trained in memory, as a controller with some workers would."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from progenitor_controller.algorithms import Place, begin, decide, is_scheduled, next_trial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Trial

from .populations import completed, failed

Score = Callable[[Trial], float | None]
"""The fitness that a trial comes to: None is not finite. It may raise `Fails`."""


class Fails(Exception):
    """The trial failed for good."""


def search(spec: Spec, score: Score, workers: int = 1, timing: int = 0, most: int = 10_000) -> list[Trial]:
    """All trials, in the order in which they ended; which of those in training ends next is drawn."""
    drawn = Random(timing)
    done: list[Trial] = []
    training: list[Trial] = []
    while len(done) < most:
        while len(training) < workers:
            draft = _next(spec, done, training)
            if draft is None:
                break
            training.append(replace(draft, number=len(done) + len(training) + 1))
        if not training:
            break
        done.append(ended(training.pop(drawn.randrange(len(training))), score))
    return done


def ended(trial: Trial, score: Score) -> Trial:
    try:
        return completed(trial, trial.number, score(trial))
    except Fails:
        return failed(trial, trial.number)


@dataclass
class Closing(Remembered):
    """As a controller does, it closes the places of those that can go on no more."""

    closed: set[int] = field(default_factory=set)

    def places(self) -> list[Member]:
        return [replace(place, closed=place.member in self.closed) for place in super().places()]


def _next(spec: Spec, done: list[Trial], training: list[Trial]) -> Trial | None:
    history = Closing([*done, *training])
    if is_scheduled(spec):
        return next_trial(spec, history)
    followed = {trial.initiator for trial in (*done, *training)}
    for trial in done:
        if trial.number not in followed:
            child = decide(spec, history, Place(trial if trial.usable else None), trial).child
            if child:
                return child
            history.closed.add(trial.member)
    begun = len({trial.member for trial in (*done, *training)})
    return begin(spec, history, begun) if begun < spec.places else None
