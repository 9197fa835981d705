"""Members that begin as the user says: with given hyperparameters, from a given checkpoint."""

from collections.abc import Mapping

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Domain, InitialMember

from ..values import check_value, parameters_from_wire
from ..violations import DIGEST, DIGEST_RULE, MAX_STEP, MAX_URI, Violations

MAX_BYTES = 2**20


def check(
    violations: Violations,
    field: str,
    spec: pb.StudySpec,
    domains: Mapping[str, Domain],
    places: int | None,
) -> None:
    """`places` is how many members the study has, None where another violation leaves that open."""
    if places is not None and len(spec.initial_population) > places:
        violations.add(
            field, f"has {len(spec.initial_population)} entries, the study has only {places} members"
        )
    if sum(member.ByteSize() for member in spec.initial_population) > MAX_BYTES:
        violations.add(field, "is larger than 1 MiB")
    for place, member in enumerate(spec.initial_population):
        _parameters(violations, f"{field}[{place}].parameters", spec, member, domains)
        _start(violations, f"{field}[{place}]", spec, member)


def record(member: pb.InitialMember) -> InitialMember:
    return InitialMember(
        parameters_from_wire(member.parameters),
        member.warm_start_uri,
        member.start_step,
        member.warm_start_digest,
    )


def _parameters(
    violations: Violations,
    field: str,
    spec: pb.StudySpec,
    member: pb.InitialMember,
    domains: Mapping[str, Domain],
) -> None:
    if member.parameters and spec.WhichOneof("algorithm") == "grid_search":
        # one of the grid's points would be left out for it
        violations.add(field, "must be empty with grid_search, which gives every value")
        return
    known = {parameter.name for parameter in spec.parameters}
    for name, value in member.parameters.items():
        if name not in known:
            violations.add(f"{field}[{name!r}]"[:300], "is not a parameter of this study")
        elif name in domains:
            check_value(violations, f"{field}[{name!r}]", value, domains[name])


def _start(violations: Violations, field: str, spec: pb.StudySpec, member: pb.InitialMember) -> None:
    violations.text(f"{field}.warm_start_uri", member.warm_start_uri, MAX_URI)
    if member.warm_start_digest and not DIGEST.fullmatch(member.warm_start_digest):
        violations.add(f"{field}.warm_start_digest", DIGEST_RULE)
    violations.whole(f"{field}.start_step", member.start_step)
    if member.start_step > 0 and not member.warm_start_uri:
        violations.add(f"{field}.start_step", f"is {member.start_step}, but there is no warm_start_uri")
    if 0 < spec.budget.max_steps <= member.start_step <= MAX_STEP:
        violations.add(
            f"{field}.start_step", f"must be less than the budget's max_steps {spec.budget.max_steps}"
        )
