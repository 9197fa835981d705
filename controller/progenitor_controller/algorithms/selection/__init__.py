"""Who is the parent: the initiator itself or one of its opponents."""

from collections.abc import Sequence

from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    InitiatorSelection,
    NoSelection,
    Selection,
    TruncationSelection,
)
from progenitor_storage.model.trial import Trial

from ..streams import Stream
from . import binary_tournament, initiator_based, truncation
from .choice import Choice

__all__ = ["Choice", "select"]


def select(selection: Selection, initiator: Trial, opponents: Sequence[Trial], stream: Stream) -> Choice:
    """`opponents` are usable trials of other members, sorted by member and generation.

    The choice's parent is None if nobody can be one.
    """
    alone = Choice(initiator if initiator.usable else None)
    if not opponents:
        return alone
    match selection:
        case NoSelection():
            return alone
        case InitiatorSelection():
            return initiator_based.select(initiator, opponents, stream)
        case BinaryTournamentSelection():
            return binary_tournament.select(initiator, peers(initiator, opponents), stream)
        case TruncationSelection(fraction):
            return truncation.select(fraction, initiator, peers(initiator, opponents), stream)


def peers(initiator: Trial, opponents: Sequence[Trial]) -> list[Trial]:
    """One trial of each member: its newest up to the initiator's generation, else the first after it.

    A member that is a generation ahead is fitter because it has trained longer, not because of its
    hyperparameters.
    """
    chosen: dict[int, Trial] = {}
    for opponent in opponents:
        if opponent.member not in chosen or opponent.generation <= initiator.generation:
            chosen[opponent.member] = opponent
    return list(chosen.values())
