"""Which running trials are not worth their remaining steps."""

from collections.abc import Sequence

from progenitor_storage.model.spec import (
    MedianStopping,
    MetricSpec,
    PerformanceCurveStopping,
)

from . import median, performance_curve
from .comparison import Comparison, Configuration, Session, comparison, of_whole_configurations
from .curves import Curve, complete, fittest, thinned

__all__ = [
    "Comparison",
    "Configuration",
    "Curve",
    "Session",
    "comparison",
    "complete",
    "fittest",
    "of_whole_configurations",
    "should_stop",
    "thinned",
]


def should_stop(
    stopping: MedianStopping | PerformanceCurveStopping,
    metrics: Sequence[MetricSpec],
    own: Curve,
    others: Sequence[Curve],
    final_step: int,
) -> bool:
    """Whether a running trial with the measurements `own` is to be stopped now.

    `others` are the curves of trials of other members that it is compared with, in any order; `final_step` is
    where its value counts. Measurements count that hold every metric of the study; steps count along the
    lineage, for `grace_steps` too.
    """
    match stopping:
        case MedianStopping():
            return median.should_stop(stopping, metrics, own, others)
        case PerformanceCurveStopping():
            return performance_curve.should_stop(stopping, metrics, own, others, final_step)
