"""With which curves a running trial's is compared, and at which step its value counts.

Where every session's end is a decision (evolution, Hyperband, plug-ins), a curve is one session, compared with
those of the same generation in the same population, as selection does: what counts is the value at the session's
end. In plain search nothing is decided before a configuration has all of its steps: a curve goes on over its
sessions, and what counts is the value at `max_steps`.
"""

from dataclasses import dataclass

from progenitor_storage.model.spec import (
    CovarianceMatrixAdaptation,
    Custom,
    GaussianProcessBandit,
    GridSearch,
    PerformanceCurveStopping,
    RandomSearch,
    Spec,
    Stopping,
)
from progenitor_storage.model.trial import Trial

from ..population import peers_of


@dataclass(frozen=True, slots=True)
class Session:
    """Usable trials of `generation`, of the members `among`; their steps are moved so that all end together."""

    generation: int
    among: range


@dataclass(frozen=True, slots=True)
class Configuration:
    """Members whose completed sessions have come to `least_step` or further."""

    least_step: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Nothing is stopped before `grace_steps`, nor with fewer than `min_trials` others."""

    others: Session | Configuration
    final_step: int
    grace_steps: int
    min_trials: int


def comparison(spec: Spec, stopping: Stopping, trial: Trial) -> Comparison:
    grace_steps, min_trials = _least(stopping)
    if not of_whole_configurations(spec):
        session = Session(trial.generation, peers_of(spec, trial.member))
        return Comparison(session, trial.end_step, grace_steps, min_trials)
    # 0, no end at all, is never ahead of the step reached: the performance curve rule then stops nothing.
    final = spec.budget.max_steps
    least = final if isinstance(stopping, PerformanceCurveStopping) else trial.end_step
    return Comparison(Configuration(least), final, grace_steps, min_trials)


def of_whole_configurations(spec: Spec) -> bool:
    """Whether a curve goes on over its member's sessions: then the end of one is no more than another point of it."""
    return isinstance(
        spec.algorithm, RandomSearch | GridSearch | GaussianProcessBandit | CovarianceMatrixAdaptation
    )


def _least(stopping: Stopping) -> tuple[int, int]:
    match stopping:
        case Custom():
            return 0, 0
        case rule:
            return rule.grace_steps, rule.min_trials
