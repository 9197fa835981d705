"""Search without evolution: each configuration is trained on its own."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    CategoricalDomain,
    CovarianceMatrixAdaptation,
    Domain,
    GaussianProcessBandit,
    GridSearch,
    Hyperband,
    RandomSearch,
    points_of,
)

from ...algorithms import defaults
from ..violations import MAX_PLACES, Violations
from . import metrics


def check(violations: Violations, field: str, spec: pb.StudySpec, domains: Mapping[str, Domain]) -> None:
    _one_number(violations, f"{field}.metrics", spec)
    match spec.WhichOneof("algorithm"):
        case "random_search":
            _configurations(violations, f"{field}.random_search", spec.random_search.configurations)
        case "grid_search":
            _grid(violations, f"{field}.grid_search", spec.grid_search, domains.values())
        case "hyperband":
            _hyperband(violations, f"{field}.hyperband", spec.hyperband)
            _rungs(violations, f"{field}.budget.max_steps", spec)
        case "gaussian_process_bandit":
            configurations = spec.gaussian_process_bandit.configurations
            _configurations(violations, f"{field}.gaussian_process_bandit", configurations)
            _ending(violations, f"{field}.budget.max_steps", spec)
        case "covariance_matrix_adaptation":
            path = f"{field}.covariance_matrix_adaptation"
            _configurations(violations, path, spec.covariance_matrix_adaptation.configurations)
            _numeric(violations, path, spec, domains)
            _ending(violations, f"{field}.budget.max_steps", spec)
            if find_spec("cmaes") is None:
                violations.add(
                    path,
                    "needs the package cmaes where the controller runs: pip install 'progenitor[search]'",
                )


def spell_out(spec: pb.StudySpec) -> None:
    if spec.WhichOneof("algorithm") == "hyperband":
        spec.hyperband.reduction_factor = spec.hyperband.reduction_factor or defaults.REDUCTION_FACTOR


def record(
    spec: pb.StudySpec,
) -> RandomSearch | GridSearch | Hyperband | GaussianProcessBandit | CovarianceMatrixAdaptation:
    match spec.WhichOneof("algorithm"):
        case "random_search":
            return RandomSearch(spec.random_search.configurations)
        case "grid_search":
            return GridSearch(spec.grid_search.points_per_parameter)
        case "hyperband":
            hyperband = spec.hyperband
            return Hyperband(hyperband.reduction_factor, hyperband.configurations, hyperband.asynchronous)
        case "gaussian_process_bandit":
            return GaussianProcessBandit(spec.gaussian_process_bandit.configurations)
        case "covariance_matrix_adaptation":
            return CovarianceMatrixAdaptation(spec.covariance_matrix_adaptation.configurations)
        case other:
            raise ValueError(f"an effective specification has no algorithm {other!r}")


def _one_number(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    """A plug-in sees every metric, and may make of them what it likes."""
    algorithm = spec.WhichOneof("algorithm")
    if metrics.unweighted(spec) and algorithm != "custom":
        violations.add(
            field,
            f"are {len(spec.metrics)} without a weight, and {algorithm} compares one number: say by weights what one is"
            " worth in another",
        )


def grid_size(grid: pb.GridSearch, domains: Iterable[Domain]) -> int:
    """How many combinations of values a grid has; more than MAX_PLACES are not counted to the end."""
    size = 1
    for domain in domains:
        size *= max(0, points_of(domain, grid.points_per_parameter))
        if size > MAX_PLACES:
            break
    return size


def _configurations(violations: Violations, field: str, configurations: int) -> None:
    violations.whole(f"{field}.configurations", configurations, least=1, most=MAX_PLACES)


def _grid(violations: Violations, field: str, grid: pb.GridSearch, domains: Iterable[Domain]) -> None:
    points = grid.points_per_parameter
    violations.whole(f"{field}.points_per_parameter", points, least=1, most=MAX_PLACES)
    if 1 <= points <= MAX_PLACES < grid_size(grid, domains):
        violations.add(
            f"{field}.points_per_parameter",
            f"is {points}, which makes more than {MAX_PLACES} combinations of values",
        )


def _hyperband(violations: Violations, field: str, hyperband: pb.Hyperband) -> None:
    _configurations(violations, field, hyperband.configurations)
    violations.count(f"{field}.reduction_factor", hyperband.reduction_factor, least=2, most=MAX_PLACES)


def _rungs(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    """The first rung ends at `steps_per_trial`, the last at the budget's `max_steps`."""
    steps, end = spec.steps_per_trial, spec.budget.max_steps
    if end <= steps:
        violations.add(field, f"is {end}, must be greater than steps_per_trial {steps} with hyperband")


def _ending(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    """What is learnt from is what becomes of a configuration in the end."""
    if spec.budget.max_steps == 0:
        violations.add(field, f"is 0, must be greater with {spec.WhichOneof('algorithm')}")


def _numeric(violations: Violations, field: str, spec: pb.StudySpec, domains: Mapping[str, Domain]) -> None:
    """Of parameters that are all valid: what the others are is not known."""
    if len(domains) < len(spec.parameters):
        return
    if all(isinstance(domain, CategoricalDomain) for domain in domains.values()):
        violations.add(field, "needs at least one parameter with a double, integer or discrete domain")
