"""How many members a study has."""

from math import prod

from progenitor.v1 import study_pb2 as pb


def places_of(spec: pb.StudySpec) -> int:
    match spec.WhichOneof("algorithm"):
        case "grid_search":
            points = spec.grid_search.points_per_parameter
            return prod(points_of(parameter, points) for parameter in spec.parameters)
        case "replay":
            return len({trial.member for trial in spec.replay.closure})
        case "population_based_training" | None:
            return spec.population_based_training.population_size
        case name:
            configurations: int = getattr(spec, name).configurations
            return configurations


def points_of(parameter: pb.ParameterSpec, points: int) -> int:
    """How many values a grid of so many points takes: all of a discrete or a categorical parameter's."""
    match parameter.WhichOneof("domain"):
        case "integer_domain":
            return min(points, parameter.integer_domain.max - parameter.integer_domain.min + 1)
        case "double_domain":
            return points if parameter.double_domain.min < parameter.double_domain.max else 1
        case "discrete_domain":
            return len(parameter.discrete_domain.values)
        case _:
            return len(parameter.categorical_domain.values)
