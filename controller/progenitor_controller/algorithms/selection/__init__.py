"""Who is the parent: the initiator itself or one of its opponents."""

from collections.abc import Container, Sequence

from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    Custom,
    InitiatorSelection,
    NoSelection,
    Selection,
    TruncationSelection,
    TTestSelection,
)
from progenitor_storage.model.trial import Candidate

from ..history import History
from ..streams import Stream
from . import binary_tournament, improving, initiator_based, t_test, truncation
from .choice import Choice

__all__ = ["Choice", "select"]


def select(
    selection: Selection,
    initiator: Candidate | None,
    opponents: Sequence[Candidate],
    history: History,
    stream: Stream,
    *,
    controls: Container[int],
) -> Choice:
    """`initiator` is None if nobody can go on from it, and no member of `controls`.

    `opponents` are what `opponents.opponents` gives. The choice's parent is None if nobody can be one.
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
            return binary_tournament.select(initiator, opponents, stream)
        case TruncationSelection(fraction, spare_improving):
            ranked = [opponent for opponent in opponents if opponent.member not in controls]
            choice = truncation.select(fraction, initiator, ranked, opponents, stream)
            return improving.spared(choice, initiator, history) if spare_improving else choice
        case TTestSelection(significance, window):

            def evaluations(candidate: Candidate) -> list[float]:
                lineage = history.lineage(candidate.number, window)
                return [trial.fitness for trial in lineage if trial.fitness is not None]

            return t_test.select(significance, initiator, opponents, evaluations, stream)
        case Custom(name):
            raise TypeError(f"{name!r} is a plug-in, which is asked by custom.decisions.selected")
