"""Hyperparameters as the training code gets them."""

from progenitor.v1 import study_pb2, trial_pb2

Value = float | int | str


def parameter_values(study: study_pb2.Study, trial: trial_pb2.Trial) -> dict[str, Value]:
    """A trial's hyperparameters by name, as `train` gets them, in the study's order."""
    return parameters(study.effective_spec, trial)


def parameters(spec: study_pb2.StudySpec, trial: trial_pb2.Trial) -> dict[str, Value]:
    return {
        parameter.name: value(parameter, trial.parameters[parameter.name])
        for parameter in spec.parameters
        if parameter.name in trial.parameters
    }


def value(parameter: study_pb2.ParameterSpec, given: study_pb2.ParameterValue) -> Value:
    match given.WhichOneof("value"):
        case "integer_value":
            return given.integer_value
        case "categorical_value":
            return given.categorical_value
        case _ if all_whole(parameter):
            return int(given.double_value)
        case _:
            return given.double_value


def all_whole(parameter: study_pb2.ParameterSpec) -> bool:
    """Of a discrete domain. The contract stores its values as doubles, `train` gets whole ones as they were written."""
    values = parameter.discrete_domain.values
    return bool(values) and all(entry.is_integer() for entry in values)
