"""From a study's effective specification, as stored, to the record that decisions read."""

from functools import lru_cache

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Spec

from .spec import algorithm, budget, initial_population, metrics, parameters, stopping
from .values import seconds


@lru_cache(maxsize=256)
def effective(stored: bytes) -> Spec:
    """A pure function of the stored bytes; the cache only spares parsing them for every call."""
    return decode(pb.StudySpec.FromString(stored))


def decode(spec: pb.StudySpec) -> Spec:
    """`spec` is effective: valid, and with every default spelled out."""
    return Spec(
        parameters=tuple(parameters.record(parameter) for parameter in spec.parameters),
        metrics=tuple(metrics.record(metric) for metric in spec.metrics),
        steps_per_trial=spec.steps_per_trial,
        budget=budget.record(spec.budget),
        seed=spec.seed,
        lease_duration=seconds(spec.lease_duration),
        max_failures_per_trial=spec.max_failures_per_trial,
        initial_population=tuple(initial_population.record(member) for member in spec.initial_population),
        algorithm=algorithm.record(spec),
        stopping=stopping.record(spec),
    )
