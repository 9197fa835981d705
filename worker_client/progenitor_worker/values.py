"""Hyperparameters between Python and the wire."""

from progenitor.v1 import study_pb2


def parameter_from_wire(value: study_pb2.ParameterValue) -> float | int | str:
    """Float of double and discrete domains, int of integer ones, str of categorical ones."""
    match value.WhichOneof("value"):
        case "integer_value":
            return value.integer_value
        case "categorical_value":
            return value.categorical_value
        case _:
            return value.double_value
