"""Truncation, of Jaderberg et al. 2017, "Population based training of neural networks" (arXiv 1711.09846).

A member in the bottom 20 % of the population goes on from one drawn from the top 20 %.
Of n members with the initiator's trial in place of its member's,

    k     = min(⌈n · fraction⌉, ⌊n / 2⌋)         rounded as in Ray Tune's `_quantiles`: 2 of 8 at 0.2
    worst = {x : fewer than k members are less fit than x}
    best  = {x : fewer than k members are fitter than x}

With equal fitness both may have more than k members; then the order in which they are read decides nothing.
"""

from collections.abc import Sequence
from math import ceil

from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .choice import Choice, fitter

ROUNDING = 1e-9
"""0.07 · 100 is a little more than 7."""


def select(
    fraction: float, initiator: Candidate | None, opponents: Sequence[Candidate], stream: Stream
) -> Choice:
    """`opponents` are one trial of each other member, at least one member's."""
    members = len(opponents) + 1
    truncated = min(ceil(members * fraction - ROUNDING), members // 2)
    if initiator and _less_fit(initiator, opponents) >= truncated:
        return Choice(initiator)
    ranked = sorted((opponent.fitness for opponent in opponents), reverse=True)
    threshold = ranked[max(truncated, 1) - 1]
    best = [opponent for opponent in opponents if opponent.fitness >= threshold]
    return fitter(initiator, stream.one_of(best))


def _less_fit(initiator: Candidate, opponents: Sequence[Candidate]) -> int:
    return sum(opponent.fitness < initiator.fitness for opponent in opponents)
