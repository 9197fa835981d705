"""Binary tournament, of Jaderberg et al. 2017, "Population based training of neural networks" (arXiv
1711.09846).

A member is compared with another that is drawn from the population, and yields if that one is fitter.
"""

from collections.abc import Sequence

from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .choice import Choice, fitter


def select(initiator: Candidate | None, opponents: Sequence[Candidate], stream: Stream) -> Choice:
    """`opponents` are one trial of each other member."""
    return fitter(initiator, stream.one_of(opponents))
