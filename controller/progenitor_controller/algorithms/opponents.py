"""Whom an initiator may be compared with and copied from."""

from collections.abc import Sequence

from progenitor_storage.model.spec import (
    InitiatorSelection,
    NoSelection,
    PopulationBasedTraining,
    Spec,
)
from progenitor_storage.model.trial import Candidate, Trial

from .history import History
from .population import at_end, fitness_of, peers_of


def opponents(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, initiator: Trial
) -> list[Candidate]:
    """Usable trials of other members of its population, of the window that its selection asks for.

    Sorted, so that the order of reading never matters. Nobody who has reached `max_steps` is copied into a
    lineage that still has steps to train.
    """
    among = peers_of(spec, initiator.member)
    found = [
        candidate
        for candidate in window(algorithm, history, initiator.generation)
        if candidate.member != initiator.member
        and candidate.member in among
        and not at_end(spec, candidate.end_step)
    ]
    return sorted(found, key=lambda candidate: (candidate.member, candidate.generation, candidate.number))


def window(algorithm: PopulationBasedTraining, history: History, generation: int) -> Sequence[Candidate]:
    """The trials that a selection compares, the initiator's member maybe among them.

    Members that are a generation ahead have trained longer: they are compared with what they were at the
    initiator's `generation`. In synchronous mode a generation stands for "newest": children of its trials may
    exist already, and timing and the number of workers must change nothing.
    """
    match algorithm.selection:
        case NoSelection():
            return ()
        case InitiatorSelection(count):
            return history.usable_in(max(generation - count + 1, 0), generation)
        case _:
            of_generation = history.usable_in(generation, generation)
            if algorithm.synchronous:
                return of_generation
            ahead_or_behind = [c for c in history.newest_usable() if c.generation != generation]
            return [*of_generation, *ahead_or_behind]


def as_candidate(trial: Trial) -> Candidate | None:
    """What selections compare of it; None if nobody can go on from it."""
    if not trial.usable:
        return None
    metrics = {} if trial.measurement is None else trial.measurement.metrics
    return Candidate(trial.number, trial.member, trial.generation, trial.end_step, fitness_of(trial), metrics)
