"""The best trials of a study: by fitness, or, of several objectives, those that no other dominates."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from progenitor_storage import Snapshot, Transaction
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Trial

from . import algorithms
from .algorithms import pareto

MAX_FRONT = 1000
"""Trials on a front: what one that is completed is compared with. Beyond, the most crowded one leaves."""


def best(tx: Snapshot, study: Study, spec: Spec, after: tuple[float, int] | None, limit: int) -> list[Trial]:
    """The fittest first, then by number; those after the given fitness and number."""
    read = tx.trials.front if algorithms.is_pareto(spec) else tx.trials.best
    return read(study, after, limit)


def entered(tx: Transaction, study: Study, spec: Spec, trial: Trial) -> Trial:
    """A trial that has just been completed: on the front, if none there dominates it. Those it dominates leave."""
    if not algorithms.is_pareto(spec) or not trial.usable or trial.measurement is None:
        return trial
    mine = pareto.objectives(spec.metrics, trial.measurement.metrics)
    front = {
        candidate.number: pareto.objectives(spec.metrics, candidate.metrics)
        for candidate in tx.candidates.front(study, MAX_FRONT)
    }
    if any(pareto.dominates(other, mine) for other in front.values()):
        return trial
    dominated = [number for number, other in front.items() if pareto.dominates(mine, other)]
    tx.trials.leave_front(study, dominated)
    if len(front) - len(dominated) < MAX_FRONT:
        return replace(trial, front=True)
    leaving = most_crowded({**front, trial.number: mine})
    if leaving == trial.number:
        return trial
    tx.trials.leave_front(study, [leaving])
    return replace(trial, front=True)


def most_crowded(front: Mapping[int, pareto.Point]) -> int:
    """Who is missed least: one that equals an older one, else that of the least crowding; the newest of several."""
    first: dict[pareto.Point, int] = {}
    for number in sorted(front):
        first.setdefault(front[number], number)
    repeated = front.keys() - first.values()
    if repeated:
        return max(repeated)
    crowding = pareto.crowding(np.array(list(first), dtype=np.float64)).tolist()
    return min(zip(crowding, (-number for number in first.values()), strict=True))[1] * -1
