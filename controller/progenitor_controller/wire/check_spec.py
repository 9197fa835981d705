"""What a study's specification must fulfil. Violations and what this release does not have are named."""

from progenitor.v1 import study_pb2 as pb

from .spec import (
    algorithm,
    budget,
    initial_population,
    metrics,
    not_yet,
    parameters,
    plug_ins,
    replay,
    stopping,
)
from .values import check_duration, seconds
from .violations import Violations

MAX_OTHER_BYTES = 2**18
"""Of a specification without its initial population: a study holds it twice, and is to fit into one message."""
LEASE_BOUNDS = (0.1, 7 * 24 * 3600.0)
"""Seconds. A shorter lease than a tenth of a second could not be renewed in time."""


def check_spec(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    _size(violations, field, spec)
    _handling(violations, field, spec)
    if spec.WhichOneof("algorithm") == "replay":
        replay.check(violations, field, spec)
    else:
        _training(violations, field, spec)
    plug_ins.check(violations, field, spec)
    not_yet.check(violations, field, spec)


def _size(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    size = spec.ByteSize() - sum(member.ByteSize() for member in spec.initial_population)
    if size > MAX_OTHER_BYTES:
        violations.add(
            field, f"has {size} bytes beside its initial population, at most {MAX_OTHER_BYTES} are allowed"
        )


def _handling(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    """What any study may say, whatever it trains."""
    if spec.HasField("lease_duration"):
        check_duration(violations, f"{field}.lease_duration", spec.lease_duration)
        violations.within(f"{field}.lease_duration", seconds(spec.lease_duration), *LEASE_BOUNDS)
    if spec.HasField("max_failures_per_trial"):
        violations.whole(
            f"{field}.max_failures_per_trial", spec.max_failures_per_trial, least=1, most=1_000_000
        )
    violations.known(
        f"{field}.checkpoint_retention", spec.checkpoint_retention, pb.CheckpointRetention.items()
    )


def _training(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    domains = parameters.check(violations, f"{field}.parameters", spec)
    metrics.check(violations, f"{field}.metrics", spec)
    violations.whole(f"{field}.steps_per_trial", spec.steps_per_trial, least=1)
    budget.check(violations, f"{field}.budget", spec.budget)
    if spec.HasField("seed"):
        violations.whole(f"{field}.seed", spec.seed, most=2**63 - 1)
    algorithm.check(violations, field, spec, domains)
    members = algorithm.places(spec, domains)
    initial_population.check(violations, f"{field}.initial_population", spec, domains, members)
    stopping.check(violations, field, spec)
