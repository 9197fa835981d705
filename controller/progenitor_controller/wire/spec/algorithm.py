"""Which algorithm a study has, and how many members."""

from collections.abc import Mapping

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Algorithm, Domain

from ..violations import Violations
from . import plug_ins, population, replay, search
from .not_yet import NOT_YET


def check(violations: Violations, field: str, spec: pb.StudySpec, domains: Mapping[str, Domain]) -> None:
    """Of every algorithm but replay; `domains` are those of the parameters that are valid."""
    match spec.WhichOneof("algorithm"):
        case "population_based_training":
            population.check(violations, f"{field}.population_based_training", spec)
        case None:
            known = [option.name for option in pb.StudySpec.DESCRIPTOR.oneofs_by_name["algorithm"].fields]
            available = ", ".join(name for name in known if name not in NOT_YET)
            violations.add(f"{field}.algorithm", f"needs one of {available}")
        case _:
            search.check(violations, field, spec, domains)


def places(spec: pb.StudySpec, domains: Mapping[str, Domain]) -> int | None:
    """How many members the study has; None without an algorithm, or where its parameters leave it open."""
    match spec.WhichOneof("algorithm"):
        case "population_based_training":
            return spec.population_based_training.population_size
        case "grid_search":
            known = len(domains) == len(spec.parameters)
            return search.grid_size(spec.grid_search, domains.values()) if known else None
        case None | "replay":
            return None
        case name:
            configurations: int = getattr(spec, name).configurations
            return configurations


def spell_out(spec: pb.StudySpec) -> None:
    if spec.WhichOneof("algorithm") == "population_based_training":
        population.spell_out(spec)
    else:
        search.spell_out(spec)


def record(spec: pb.StudySpec) -> Algorithm:
    match spec.WhichOneof("algorithm"):
        case "population_based_training":
            return population.record(spec.population_based_training)
        case "replay":
            return replay.record(spec.replay)
        case "custom":
            return plug_ins.record(spec.custom)
        case _:
            return search.record(spec)
