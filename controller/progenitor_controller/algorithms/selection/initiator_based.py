"""Initiator-based evolution, of Li et al. 2019, "A generalized framework for population based training".

arXiv 1902.01894: every finished trial initiates one reproduction; an opponent is drawn from the last one or
two generations, and the child is made from the fitter of the two.
"""

from collections.abc import Sequence

from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .choice import Choice, fitter


def select(initiator: Candidate | None, opponents: Sequence[Candidate], stream: Stream) -> Choice:
    """`opponents` are all trials of the window, so that a member may stand there with two of them."""
    return fitter(initiator, stream.one_of(opponents))
