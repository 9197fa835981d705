"""Who is the parent: the initiator itself or one of its opponents."""

from collections.abc import Sequence

from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    InitiatorSelection,
    NoSelection,
    Selection,
    TruncationSelection,
)
from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from . import binary_tournament, initiator_based, truncation
from .choice import Choice

__all__ = ["Choice", "select"]


def select(
    selection: Selection,
    initiator: Candidate | None,
    generation: int,
    opponents: Sequence[Candidate],
    stream: Stream,
) -> Choice:
    """`initiator` is None if nobody can go on from it, `generation` is the initiator's.

    `opponents` are trials of other members, sorted by member and generation. The choice's parent is None if
    nobody can be one.
    """
    alone = Choice(initiator)
    if not opponents:
        return alone
    match selection:
        case NoSelection():
            return alone
        case InitiatorSelection():
            return initiator_based.select(initiator, opponents, stream)
        case BinaryTournamentSelection():
            return binary_tournament.select(initiator, peers(generation, opponents), stream)
        case TruncationSelection(fraction):
            return truncation.select(fraction, initiator, peers(generation, opponents), stream)
        case other:
            raise NotImplementedError(f"selection by {other}")


def peers(generation: int, opponents: Sequence[Candidate]) -> list[Candidate]:
    """One trial of each member: its newest up to `generation`, the initiator's, else the first after it.

    A member that is a generation ahead is fitter because it has trained longer, not because of its
    hyperparameters.
    """
    chosen: dict[int, Candidate] = {}
    for opponent in opponents:
        if opponent.member not in chosen or opponent.generation <= generation:
            chosen[opponent.member] = opponent
    return list(chosen.values())
