"""The search space: parameters and their domains."""

import math

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    ParameterSpec,
    Scale,
)

from ..violations import MAX_NAME, MAX_URI, Violations

MAX_PARAMETERS = 1000
MAX_CHOICES = 10_000


def check(violations: Violations, field: str, spec: pb.StudySpec) -> dict[str, Domain]:
    """The domains of the parameters that are valid."""
    if len(spec.parameters) > MAX_PARAMETERS:
        violations.add(field, f"has {len(spec.parameters)} entries, at most {MAX_PARAMETERS} are allowed")
    violations.distinct(field, [parameter.name for parameter in spec.parameters])
    valid: dict[str, Domain] = {}
    for place, parameter in enumerate(spec.parameters):
        within = Violations()
        within.text(f"{field}[{place}].name", parameter.name, MAX_NAME, required=True)
        _domain(within, f"{field}[{place}]", parameter)
        if not violations.take(within):
            valid[parameter.name] = domain(parameter)
    return valid


def spell_out(parameter: pb.ParameterSpec) -> None:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            parameter.double_domain.scale = parameter.double_domain.scale or pb.SCALE_LINEAR
        case "integer_domain":
            parameter.integer_domain.scale = parameter.integer_domain.scale or pb.SCALE_LINEAR


def record(parameter: pb.ParameterSpec) -> ParameterSpec:
    return ParameterSpec(parameter.name, domain(parameter), parameter.immutable)


def domain(parameter: pb.ParameterSpec) -> Domain:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            bounds = parameter.double_domain
            return DoubleDomain(bounds.min, bounds.max, _scale(bounds.scale))
        case "integer_domain":
            limits = parameter.integer_domain
            return IntegerDomain(limits.min, limits.max, _scale(limits.scale))
        case "discrete_domain":
            return DiscreteDomain(tuple(parameter.discrete_domain.values))
        case "categorical_domain":
            return CategoricalDomain(tuple(parameter.categorical_domain.values))
        case _:
            raise ValueError(f"parameter {parameter.name!r} has no domain")


def _scale(scale: int) -> Scale:
    return Scale.LOG if scale == pb.SCALE_LOG else Scale.LINEAR


def _domain(violations: Violations, field: str, parameter: pb.ParameterSpec) -> None:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            bounds = parameter.double_domain
            lower = violations.finite(f"{field}.double_domain.min", bounds.min)
            upper = violations.finite(f"{field}.double_domain.max", bounds.max)
            if lower and upper:
                _bounds(violations, f"{field}.double_domain", bounds.min, bounds.max, bounds.scale)
        case "integer_domain":
            limits = parameter.integer_domain
            _bounds(violations, f"{field}.integer_domain", limits.min, limits.max, limits.scale)
        case "discrete_domain":
            _discrete(violations, f"{field}.discrete_domain.values", parameter.discrete_domain)
        case "categorical_domain":
            _categorical(violations, f"{field}.categorical_domain.values", parameter.categorical_domain)
        case _:
            kinds = "double_domain, integer_domain, discrete_domain, categorical_domain"
            violations.add(field, f"needs a domain: one of {kinds}")


def _bounds(violations: Violations, field: str, least: float, most: float, scale: int) -> None:
    if least > most:
        violations.add(field, f"min {least} is greater than max {most}")
    elif not math.isfinite(float(most) - float(least)):
        violations.add(field, f"the width of {least}…{most} must be a finite number")
    violations.known(f"{field}.scale", scale, pb.Scale.items())
    if scale == pb.SCALE_LOG and least <= 0:
        violations.add(f"{field}.min", f"is {least}, must be greater than 0 on a log scale")


def _discrete(violations: Violations, field: str, values: pb.DiscreteDomain) -> None:
    _choices(violations, field, len(values.values))
    finite = [violations.finite(f"{field}[{place}]", value) for place, value in enumerate(values.values)]
    if all(finite) and any(a >= b for a, b in zip(values.values, values.values[1:], strict=False)):
        violations.add(field, "must be strictly increasing")


def _categorical(violations: Violations, field: str, values: pb.CategoricalDomain) -> None:
    _choices(violations, field, len(values.values))
    violations.distinct(field, values.values)
    for place, value in enumerate(values.values):
        violations.text(f"{field}[{place}]", value, MAX_URI)


def _choices(violations: Violations, field: str, count: int) -> None:
    if not 1 <= count <= MAX_CHOICES:
        violations.add(field, f"has {count} entries, must have from 1 to {MAX_CHOICES}")
