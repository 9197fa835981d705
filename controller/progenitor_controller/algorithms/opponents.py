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
    """Usable trials of other members of its population, as its selection compares them: sorted by member.

    Initiator selection compares all trials of its window, so that a member may stand there with two of them;
    any other selection one of each member.
    """
    match algorithm.selection:
        case NoSelection():
            return []
        case InitiatorSelection(count):
            earliest = max(initiator.generation - count + 1, 0)
            return _others(spec, initiator, history.usable_in(earliest, initiator.generation))
        case _:
            return peers(spec, algorithm, history, initiator)


def peers(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, initiator: Trial
) -> list[Candidate]:
    """One usable trial of each other member of its population, as it stood at the initiator's generation.

    A member that is a generation ahead is fitter because it has trained longer, not because of its
    hyperparameters.
    """
    return _others(spec, initiator, up_to(algorithm, history, initiator.generation))


def up_to(algorithm: PopulationBasedTraining, history: History, generation: int) -> Sequence[Candidate]:
    """Of all members: the usable trials of `generation`, and what is newest of the members that have none there.

    In synchronous mode a generation stands for "newest": children of its trials may exist already, and timing
    and the number of workers must change nothing.
    """
    if algorithm.synchronous:
        return history.usable_in(generation, generation)
    return history.standing_at(generation)


def _others(spec: Spec, initiator: Trial, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Sorted, so that the order of reading never matters. Nobody who has reached `max_steps` is copied into a
    lineage that still has steps to train.
    """
    among = peers_of(spec, initiator.member)
    found = [
        candidate
        for candidate in candidates
        if candidate.member != initiator.member
        and candidate.member in among
        and not at_end(spec, candidate.end_step)
    ]
    return sorted(found, key=lambda candidate: (candidate.member, candidate.generation, candidate.number))


def as_candidate(trial: Trial) -> Candidate | None:
    """What selections compare of it; None if nobody can go on from it."""
    if not trial.usable:
        return None
    metrics = {} if trial.measurement is None else trial.measurement.metrics
    return Candidate(trial.number, trial.member, trial.generation, trial.end_step, fitness_of(trial), metrics)
