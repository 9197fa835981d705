"""T-test selection, of Jaderberg et al. 2017, "Population based training of neural networks" (arXiv 1711.09846).

A member is compared with another that is drawn from the population, by the last evaluations along the lineage of each,
and yields if that one's mean is greater and Welch's two-sided test (Welch 1947) says that the means differ:

    e₁, e₂ = s₁² / n₁, s₂² / n₂              s² the unbiased variance of n evaluations
    t = (mean₂ − mean₁) / √(e₁ + e₂)         ν = (e₁ + e₂)² / (e₁² / (n₁ − 1) + e₂² / (n₂ − 1))
    p = 2 · P(T_ν < −|t|) < significance

The chance to yield to one that is no better is thus half the significance. The evaluations of a lineage rise as it
trains, which counts as variance: a short window tells faster.
"""

from collections.abc import Callable, Sequence

import numpy as np

from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .choice import Choice

Evaluations = Callable[[Candidate], Sequence[float]]
"""The fitness of a trial and of its nearest ancestors."""


def select(
    significance: float,
    initiator: Candidate | None,
    opponents: Sequence[Candidate],
    evaluations: Evaluations,
    stream: Stream,
) -> Choice:
    """`opponents` are one trial of each other member. An unusable initiator (None) always yields."""
    opponent = stream.one_of(opponents)
    if initiator is None:
        return Choice(opponent, opponent)
    better = significantly_less(evaluations(initiator), evaluations(opponent), significance)
    return Choice(opponent if better else initiator, opponent)


def significantly_less(first: Sequence[float], second: Sequence[float], significance: float) -> bool:
    """Whether the mean of `first` is less. It never is with fewer than two numbers on either side."""
    from scipy.special import stdtr  # noqa: PLC0415 - scipy takes longer to import than all else

    if min(len(first), len(second)) < 2:
        return False
    largest = max(abs(value) for value in (*first, *second)) or 1.0
    less, greater = (np.array(values) / largest for values in (first, second))  # so that no square overflows
    difference = float(greater.mean() - less.mean())
    if difference <= 0:
        return False
    errors = [float(values.var(ddof=1)) / len(values) for values in (less, greater)]
    error = sum(errors)
    if error == 0.0:
        return True
    shares = [e / error for e in errors]
    freedom = 1 / (shares[0] ** 2 / (len(less) - 1) + shares[1] ** 2 / (len(greater) - 1))
    probability = 2 * float(stdtr(freedom, -difference / error**0.5))
    return probability < significance
