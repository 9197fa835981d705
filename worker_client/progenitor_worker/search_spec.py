"""Search without evolution, and early stopping, as the controller takes them. Raises StudyError for what cannot be."""

from progenitor.v1 import study_pb2 as pb

from .arguments import (
    StudyError,
    need_count,
    need_flag,
    need_probability,
    need_whole,
    not_one_of,
)
from .custom_spec import named, to_custom
from .options import (
    CovarianceMatrixAdaptation,
    Custom,
    GaussianProcessBandit,
    GridSearch,
    Hyperband,
    MedianStopping,
    PerformanceCurveStopping,
    RandomSearch,
    Search,
    Stopping,
)


def set_search(spec: pb.StudySpec, search: object) -> None:
    """`spec` has its budget and steps_per_trial."""
    match search:
        case RandomSearch(configurations=count):
            spec.random_search.configurations = configurations(count)
        case GridSearch(points_per_parameter=points):
            spec.grid_search.points_per_parameter = need_count("points_per_parameter", points)
        case Hyperband():
            spec.hyperband.CopyFrom(to_hyperband(search))
            if spec.budget.max_steps <= spec.steps_per_trial:
                raise StudyError(
                    f"max_steps must be more than steps_per_trial {spec.steps_per_trial}: Hyperband trains "
                    "the first rung so far, the last one to max_steps"
                )
        case GaussianProcessBandit(configurations=count):
            spec.gaussian_process_bandit.configurations = configurations(count)
        case CovarianceMatrixAdaptation(configurations=count):
            spec.covariance_matrix_adaptation.configurations = configurations(count)
        case Custom(configurations=count):
            spec.custom.CopyFrom(named("algorithm", search))
            if count is None:
                raise StudyError("algorithm=Custom(…) needs configurations: how many members it has")
            spec.custom.configurations = configurations(count)
        case _:
            raise not_one_of("algorithm", Search, search)


def to_hyperband(search: Hyperband) -> pb.Hyperband:
    made = pb.Hyperband(
        configurations=configurations(search.configurations),
        asynchronous=need_flag("asynchronous", search.asynchronous),
    )
    if search.reduction_factor is not None:
        made.reduction_factor = need_count("reduction_factor", search.reduction_factor, least=2)
    return made


def configurations(count: object) -> int:
    return need_count("configurations", count)


def set_early_stopping(spec: pb.StudySpec, rule: object) -> None:
    match rule:
        case None:
            return
        case MedianStopping(grace_steps=steps, min_trials=trials):
            spec.median_stopping.grace_steps = need_whole("grace_steps", steps, least=0)
            if trials is not None:
                spec.median_stopping.min_trials = need_count("min_trials", trials)
        case PerformanceCurveStopping(grace_steps=steps, probability=probability, min_trials=trials):
            curve = spec.performance_curve_stopping
            curve.grace_steps = need_whole("grace_steps", steps, least=0)
            if probability is not None:
                curve.probability = need_probability("probability", probability)
            if trials is not None:
                curve.min_trials = need_count("min_trials", trials)
        case Custom():
            spec.custom_stopping.CopyFrom(to_custom("early_stopping", rule))
        case _:
            raise not_one_of("early_stopping", Stopping, rule)
