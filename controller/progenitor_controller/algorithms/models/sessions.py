"""Training sessions as a model of gains sees them.

The gain of a session is that of one step,

    y = (fitness − start fitness) / (end step − start step),

as in PB2 (Parker-Holder et al. 2020), so that sessions of different lengths compare. Inputs are when it was (its
middle step, between 0 and 1 over the completed sessions and the next one), at which fitness it began (its rank, from
0 to 1, so that one that diverged does not push the others together), and its hyperparameters in the unit cube.

The first session of a lineage may have no fitness at its start. All such sessions are taken to start equally well, at
the fitness that makes their median gain that of the others (0 if there are none): so they can be told from each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.stats import rankdata

from progenitor_storage.model.trial import Observation

from .encoding import Array, Encoding
from .scaling import balanced


@dataclass(frozen=True, slots=True)
class Sessions:
    """Of n completed sessions `inputs`, shape (n, columns), and `gains`, shape (n,), up to a positive factor.

    `running`, shape (m, columns), are the inputs of those without a result; `coming`, shape (columns,), those of
    the next one.
    """

    inputs: Array
    gains: Array
    running: Array
    coming: Array


def sessions_of(
    encoding: Encoding,
    completed: Sequence[Observation],
    running: Sequence[Observation],
    coming: Observation,
) -> Sessions:
    """`completed` have a fitness and at least one step; `coming` has a start fitness."""
    every = [*completed, *running, coming]
    count = len(completed)
    starts, ends = balanced_pair(
        [nan if o.start_fitness is None else o.start_fitness for o in every],
        [nan if o.fitness is None else o.fitness for o in completed],
    )
    lengths = np.array([float(o.end_step - o.start_step) for o in completed])
    starts = _with_first(starts, ends, lengths)
    middles = np.array([(o.start_step + o.end_step) / 2 for o in every])
    seen = np.append(middles[:count], middles[-1])
    inputs = np.column_stack(
        (
            _spread_out(middles, seen),
            rankdata(starts) / len(every),
            encoding.encode_all([o.parameters for o in every]),
        )
    )
    return Sessions(inputs[:count], (ends - starts[:count]) / lengths, inputs[count:-1], inputs[-1])


def balanced_pair(one: Sequence[float], other: Sequence[float]) -> tuple[Array, Array]:
    """Both divided by the same power of two, so that no difference between them overflows."""
    both = balanced([*one, *other])
    return both[: len(one)], both[len(one) :]


def _with_first(starts: Array, ends: Array, lengths: Array) -> Array:
    """`starts` with what is assumed where it is not known (NaN); those of completed sessions come first."""
    unknown = np.isnan(starts)
    if not unknown.any():
        return starts
    first, later = unknown[: len(ends)], ~unknown[: len(ends)]
    if not first.any():
        return np.where(unknown, np.nanmin(starts), starts)
    usual = np.median((ends - starts[: len(ends)])[later] / lengths[later]) if later.any() else 0.0
    return np.where(unknown, np.median(ends[first] - usual * lengths[first]), starts)


def _spread_out(numbers: Array, within: Array) -> Array:
    """`within`, which are some of them, from 0 to 1; if those are all the same, in units of themselves."""
    spread_out: Array = (numbers - within.min()) / (np.ptp(within) or 1.0)
    return spread_out
