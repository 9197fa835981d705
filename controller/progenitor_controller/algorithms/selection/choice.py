"""The outcome of a selection."""

from dataclasses import dataclass

from progenitor_storage.model.trial import Candidate


@dataclass(frozen=True, slots=True)
class Choice:
    """`opponent` is whom the initiator was compared with; `parent` is None if nobody can be one.

    `tuned_by` is whose hyperparameters come with the parent's weights, if they are not the parent's own.
    """

    parent: Candidate | None
    opponent: Candidate | None = None
    tuned_by: Candidate | None = None


def fitter(initiator: Candidate | None, opponent: Candidate) -> Choice:
    """The fitter of the two. Equal fitness is no reason to copy; an unusable initiator (None) always yields."""
    if initiator and opponent.fitness <= initiator.fitness:
        return Choice(initiator, opponent)
    return Choice(opponent, opponent)
