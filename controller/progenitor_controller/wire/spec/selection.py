"""Whose weights are continued."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    InitiatorSelection,
    NoSelection,
    Selection,
    TruncationSelection,
    TTestSelection,
)

from ...algorithms import defaults
from ..violations import COMPARES_ONE_NUMBER, Violations
from . import plug_ins

MAX_WINDOW = 1000
"""Evaluations that one decision reads."""


def check(
    violations: Violations, field: str, population: pb.PopulationBasedTraining, *, pareto: bool
) -> None:
    match population.WhichOneof("selection"):
        case "initiator":
            generations = population.initiator.opponent_generations
            violations.whole(f"{field}.initiator.opponent_generations", generations, most=2)
        case "truncation":
            violations.within(f"{field}.truncation.fraction", population.truncation.fraction, 0.0, 0.5)
            if population.truncation.spare_improving and pareto:
                violations.add(f"{field}.truncation.spare_improving", COMPARES_ONE_NUMBER)
        case "t_test":
            test = population.t_test
            violations.chance(f"{field}.t_test.significance", test.significance)
            violations.count(f"{field}.t_test.window", test.window, least=2, most=MAX_WINDOW)
            if pareto:
                violations.add(f"{field}.t_test", COMPARES_ONE_NUMBER)


def spell_out(population: pb.PopulationBasedTraining) -> None:
    """What a selection that is named leaves open is as published; where none is named, it is what did best."""
    if population.WhichOneof("selection") is None:
        population.truncation.spare_improving = population.fitness != pb.FITNESS_PARETO
    match population.WhichOneof("selection"):
        case "initiator":
            initiator = population.initiator
            initiator.opponent_generations = initiator.opponent_generations or defaults.OPPONENT_GENERATIONS
        case "truncation":
            population.truncation.fraction = population.truncation.fraction or defaults.TRUNCATION_FRACTION
        case "t_test":
            test = population.t_test
            test.significance = test.significance or defaults.T_TEST_SIGNIFICANCE
            test.window = test.window or defaults.T_TEST_WINDOW


def record(population: pb.PopulationBasedTraining) -> Selection:
    match population.WhichOneof("selection"):
        case "initiator":
            return InitiatorSelection(population.initiator.opponent_generations)
        case "truncation":
            return TruncationSelection(population.truncation.fraction, population.truncation.spare_improving)
        case "t_test":
            return TTestSelection(population.t_test.significance, population.t_test.window)
        case "binary_tournament":
            return BinaryTournamentSelection()
        case "no_selection":
            return NoSelection()
        case "custom_selection":
            return plug_ins.record(population.custom_selection)
        case other:
            raise ValueError(f"an effective specification has no selection {other!r}")
