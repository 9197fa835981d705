"""Algorithms, selections, explorations and stopping rules of the user's own, found by name."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.struct_pb2 import Value

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Custom

from ...algorithms.custom.interfaces import Kind
from ...plugins import installed
from ...thoughts import described
from ..violations import MAX_NAME, MAX_PLACES, Violations

MAX_DEPTH = 16
"""Of options within options: each is three messages deep, and a message has at most 100."""

MAX_TOLD = 1000
"""Characters of what a plug-in says."""

EXACT = 2**53
"""Whole numbers up to it are exact as doubles, which is what the contract's options hold."""


def check(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    """All plug-ins that a specification names, wherever it names them.

    Those that are installed are loaded, and asked about their options: that may take long.
    """
    for path, kind, plug_in in _named(field, spec):
        mistakes = Violations()
        _message(mistakes, path, kind, plug_in)
        if not violations.take(mistakes):
            _installed(violations, path, kind, record(plug_in))


def record(plug_in: pb.CustomAlgorithm) -> Custom:
    """Names are sorted: protobuf's maps have another order in each process, and a decision may have none."""
    fields = sorted(plug_in.options.fields.items())
    return Custom(
        plug_in.algorithm, {name: _plain(option) for name, option in fields}, plug_in.configurations
    )


def _named(field: str, spec: pb.StudySpec) -> Iterator[tuple[str, Kind, pb.CustomAlgorithm]]:
    population = spec.population_based_training
    within = f"{field}.population_based_training"
    if population.HasField("custom_selection"):
        yield f"{within}.custom_selection", Kind.SELECTION, population.custom_selection
    if population.HasField("custom_exploration"):
        yield f"{within}.custom_exploration", Kind.EXPLORATION, population.custom_exploration
    if spec.HasField("custom"):
        yield f"{field}.custom", Kind.ALGORITHM, spec.custom
    if spec.HasField("custom_stopping"):
        yield f"{field}.custom_stopping", Kind.STOPPING, spec.custom_stopping


def _message(violations: Violations, path: str, kind: Kind, plug_in: pb.CustomAlgorithm) -> None:
    violations.text(f"{path}.algorithm", plug_in.algorithm, MAX_NAME, required=True)
    for name, option in plug_in.options.fields.items():
        _option(violations, f"{path}.options[{name[:MAX_NAME]!r}]", option, 1)
    if kind is Kind.ALGORITHM:
        violations.whole(f"{path}.configurations", plug_in.configurations, least=1, most=MAX_PLACES)
    elif plug_in.configurations:
        violations.add(f"{path}.configurations", "must be unset: only a whole algorithm has its own members")


def _installed(violations: Violations, path: str, kind: Kind, plug_in: Custom) -> None:
    """Whether it is there, can be loaded, and takes these options."""
    missing = installed.unknown(kind, plug_in.name)
    if missing:
        violations.add(f"{path}.algorithm", missing)
        return
    try:
        own_check = installed.checked_by(kind, plug_in.name)
    except Exception as error:  # noqa: BLE001  whatever its import raises
        violations.add(f"{path}.algorithm", f"cannot be loaded: {described(error)}"[:MAX_TOLD])
        return
    try:
        own_check(dict(plug_in.options))
    except Exception as error:  # noqa: BLE001  its author was asked for a ValueError
        violations.add(f"{path}.options", f"are refused by {plug_in.name!r}: {described(error)}"[:MAX_TOLD])


def _option(violations: Violations, field: str, option: Value, depth: int) -> None:
    if depth > MAX_DEPTH:
        violations.add(field[:300], f"is {depth} levels deep, at most {MAX_DEPTH} are allowed")
        return
    match option.WhichOneof("kind"):
        case None:
            violations.add(field[:300], "must be a JSON value")
        case "number_value":
            violations.finite(field[:300], option.number_value)
        case "struct_value":
            for name, inner in option.struct_value.fields.items():
                _option(violations, f"{field}[{name[:MAX_NAME]!r}]", inner, depth + 1)
        case "list_value":
            for place, inner in enumerate(option.list_value.values):
                _option(violations, f"{field}[{place}]", inner, depth + 1)


def _plain(option: Value) -> Any:
    """As Python's json reads it: a whole number is an int, so that it can be a count or an index."""
    match option.WhichOneof("kind"):
        case "number_value":
            number = option.number_value
            return int(number) if number.is_integer() and abs(number) <= EXACT else number
        case "string_value":
            return option.string_value
        case "bool_value":
            return option.bool_value
        case "struct_value":
            return {name: _plain(inner) for name, inner in sorted(option.struct_value.fields.items())}
        case "list_value":
            return [_plain(inner) for inner in option.list_value.values]
        case _:
            return None
