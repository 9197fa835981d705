"""Early stopping."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import MedianStopping, PerformanceCurveStopping, Stopping

from ...algorithms import defaults
from ..violations import COMPARES_ONE_NUMBER, MAX_PLACES, Violations
from . import plug_ins, population


def check(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    rule = spec.WhichOneof("early_stopping")
    evolution = spec.WhichOneof("algorithm") == "population_based_training"
    if rule in ("median_stopping", "performance_curve_stopping") and evolution and population.is_pareto(spec):
        violations.add(f"{field}.{rule}", COMPARES_ONE_NUMBER)
    match rule:
        case "median_stopping":
            median = spec.median_stopping
            violations.whole(f"{field}.median_stopping.grace_steps", median.grace_steps)
            violations.whole(f"{field}.median_stopping.min_trials", median.min_trials, most=MAX_PLACES)
        case "performance_curve_stopping":
            curve, path = spec.performance_curve_stopping, f"{field}.performance_curve_stopping"
            violations.whole(f"{path}.grace_steps", curve.grace_steps)
            violations.chance(f"{path}.probability", curve.probability)
            violations.whole(f"{path}.min_trials", curve.min_trials, most=MAX_PLACES)


def spell_out(spec: pb.StudySpec) -> None:
    match spec.WhichOneof("early_stopping"):
        case "median_stopping":
            median = spec.median_stopping
            median.min_trials = median.min_trials or defaults.MEDIAN_MIN_TRIALS
        case "performance_curve_stopping":
            curve = spec.performance_curve_stopping
            curve.probability = curve.probability or defaults.CURVE_PROBABILITY
            curve.min_trials = curve.min_trials or defaults.CURVE_MIN_TRIALS


def record(spec: pb.StudySpec) -> Stopping | None:
    match spec.WhichOneof("early_stopping"):
        case "median_stopping":
            return MedianStopping(spec.median_stopping.grace_steps, spec.median_stopping.min_trials)
        case "performance_curve_stopping":
            curve = spec.performance_curve_stopping
            return PerformanceCurveStopping(curve.grace_steps, curve.probability, curve.min_trials)
        case "custom_stopping":
            return plug_ins.record(spec.custom_stopping)
        case _:
            return None
