"""Spells out every default when a study is created, so that a later release with others decides as before."""

from progenitor.v1 import study_pb2 as pb

from .spec import algorithm, metrics, parameters, stopping
from .values import duration

LEASE_DURATION = 60.0
"""Seconds."""
MAX_FAILURES_PER_TRIAL = 3


def spelled_out(spec: pb.StudySpec, drawn_seed: int) -> pb.StudySpec:
    """`spec` is valid; `drawn_seed` is taken if it gives none."""
    full = pb.StudySpec()
    full.CopyFrom(spec)
    if not full.HasField("seed"):
        full.seed = drawn_seed
    if not full.HasField("lease_duration"):
        full.lease_duration.CopyFrom(duration(LEASE_DURATION))
    if not full.HasField("max_failures_per_trial"):
        full.max_failures_per_trial = MAX_FAILURES_PER_TRIAL
    full.checkpoint_retention = full.checkpoint_retention or pb.CHECKPOINT_RETENTION_ALL
    algorithm.spell_out(full)
    for metric in full.metrics:
        metrics.spell_out(metric)
    for parameter in full.parameters:
        parameters.spell_out(parameter)
    stopping.spell_out(full)
    return full
