"""Which category to try: the bandit TV.EXP3.M of Parker-Holder et al. 2021, "Tuning mixed input hyperparameters on
the fly for efficient population based AutoRL" (PB2-Mix, arXiv 2106.15883).

Rounds are generations. With C categories, weights w (1 / C at first), γ the share of uniform draws and B the trials
of a round, of which each had one category and came to a reward r within [0, 1]:

    p_c = (1 − γ) w_c / Σw + γ / C
    x_c = Σ (r − ½) / (B q_c) over the round's trials with category c
    w_c ← w_c exp(γ B x_c / C) + e ω / C · Σw,   then divided by their sum

The last term lets a category come back that was bad before. In the paper q is p and r is not centred. That takes each
trial's category for a draw from p, but only children that copy are drawn, and many go on with what they have: so q_c
is the share of the round that had it. B q_c is then the count, and x_c the mean of (r − ½) of those that had it; a
category that nobody had is neither praised nor blamed. The paper draws the B categories of a round together; here each
member's is drawn when it is due, given those that are being tried (`drawn`).
"""

from collections.abc import Sequence
from math import e

import numpy as np

from ..streams import Stream
from .encoding import Array

UNIFORM_SHARE = 0.2
"""γ, as in the authors' code where a round has as many trials as there are categories."""

RETURN_RATE = 0.01
"""ω."""


def probabilities(count: int, rounds: Sequence[Sequence[tuple[int, float]]]) -> Array:
    """Of each of `count` categories, after rounds of (category, reward), oldest first."""
    weights = np.full(count, 1.0 / count)
    for trials in rounds:
        held = np.array([category for category, _ in trials], dtype=np.intp)
        praise = np.bincount(held, [reward - 0.5 for _, reward in trials], minlength=count)
        estimate = praise / np.maximum(np.bincount(held, minlength=count), 1)
        weights = weights * np.exp(UNIFORM_SHARE * len(trials) / count * estimate)
        weights /= weights.sum()
        weights += e * RETURN_RATE / count
    return _mixed(weights)


def drawn(wanted: Array, pending: Sequence[int], stream: Stream) -> int:
    """A category, given the categories that are being tried.

    Each is drawn in proportion to what it lacks of its share among these and the new one. So the categories of many
    trials that run together are those that are wanted, with as little chance as can be: what dependent rounding
    does for a batch (Uchiya, Nakamura and Kudo 2010, EXP3.M).
    """
    tried = np.bincount(np.asarray(pending, dtype=np.intp), minlength=len(wanted))
    lacking = np.maximum((len(pending) + 1) * wanted - tried, 0.0).cumsum()
    place = int(np.searchsorted(lacking, stream.uniform() * lacking[-1], side="right"))
    return min(place, len(wanted) - 1)


def _mixed(weights: Array) -> Array:
    mixed: Array = (1.0 - UNIFORM_SHARE) * weights / weights.sum() + UNIFORM_SHARE / len(weights)
    return mixed
