"""Truncation, of Jaderberg et al. 2017, "Population based training of neural networks" (arXiv 1711.09846).

A member in the bottom 20 % of the population goes on from one drawn from the top 20 %.
Of n members that may be replaced, with the initiator's trial in place of its member's,

    k     = min(⌈n · fraction⌉, ⌊n / 2⌋)         rounded as in Ray Tune's `_quantiles`: 2 of 8 at 0.2
    worst = the k least fit, the initiator's rank among its equals being drawn
    best  = {x : fewer than k of the others are fitter than x}      of all others, controls too

Whoever shares a rank has each place among its equals with the same probability, so that the order in which they
are read decides nothing. Not to copy where all are equal would never explore there: the paper's toy begins
with two members of equal score, and ends where it began.
"""

from collections.abc import Sequence
from math import ceil

from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .choice import Choice

ROUNDING = 1e-9
"""0.07 · 100 is a little more than 7."""


def select(
    fraction: float,
    initiator: Candidate | None,
    ranked: Sequence[Candidate],
    opponents: Sequence[Candidate],
    stream: Stream,
) -> Choice:
    """`opponents` are one trial of each other member, at least one member's; the initiator has its rank among `ranked`,
    those of them that may be replaced as it may.
    """
    members = len(ranked) + 1
    truncated = min(ceil(members * fraction - ROUNDING), members // 2)
    if initiator and _drawn_rank(initiator, ranked, stream) >= truncated:
        return Choice(initiator)
    fitnesses = sorted((opponent.fitness for opponent in opponents), reverse=True)
    threshold = fitnesses[max(truncated, 1) - 1]
    best = [opponent for opponent in opponents if opponent.fitness >= threshold]
    chosen = stream.one_of(best)
    if initiator and chosen.fitness < initiator.fitness:
        return Choice(initiator, chosen)
    return Choice(chosen, chosen)


def _drawn_rank(initiator: Candidate, opponents: Sequence[Candidate], stream: Stream) -> int:
    """How many opponents are less fit, and of those of equal fitness so many as are drawn."""
    less_fit = sum(opponent.fitness < initiator.fitness for opponent in opponents)
    equals = sum(opponent.fitness == initiator.fitness for opponent in opponents)
    return less_fit + stream.below(equals + 1)
