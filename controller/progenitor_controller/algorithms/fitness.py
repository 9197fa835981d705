"""Metrics turned into one number, greater is fitter."""

from collections.abc import Mapping, Sequence
from math import isfinite

from progenitor_storage.model.spec import Fitness, Goal, MetricSpec, PopulationBasedTraining, Spec
from progenitor_storage.model.trial import Candidate

from . import pareto
from .history import History


def fitness(metrics: Sequence[MetricSpec], values: Mapping[str, float]) -> float | None:
    """Σ weight · (value if it is maximized, else −value); None if that or any value is not finite.

    Raises KeyError if a metric of the study is missing from `values`; other names in `values` do not count.
    """
    total = 0.0
    for metric in metrics:
        value = values[metric.name]
        if not isfinite(value):
            return None
        total += metric.weight * (value if metric.goal is Goal.MAXIMIZE else -value)
    return total if isfinite(total) else None


def is_pareto(spec: Spec) -> bool:
    """Whether its trials are compared objective by objective."""
    return isinstance(spec.algorithm, PopulationBasedTraining) and spec.algorithm.fitness is Fitness.PARETO


def comparable(spec: Spec, history: History, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The same with a fitness that counts among them: that of the study, or their Pareto scores."""
    if not is_pareto(spec):
        return list(candidates)
    unread = sorted({candidate.number for candidate in candidates if not candidate.metrics})
    metrics = history.metrics(unread) if unread else {}
    measured = [candidate.metrics or metrics[candidate.number] for candidate in candidates]
    scores = pareto.scores(pareto.all_objectives(spec.metrics, measured))
    # Not by `replace`, which takes five times as long.
    return [
        Candidate(c.number, c.member, c.generation, c.end_step, score, c.metrics)
        for c, score in zip(candidates, scores, strict=True)
    ]
