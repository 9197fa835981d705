"""Specifications off the wire: what is spelled out, and what decisions read of it."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from tests.controller.asked_for import EXAMPLES, example
from tests.controller.messages import assert_kept, open_choices, parts
from tests.controller.specifications import ALGORITHMS, json_value, specifications, text
from tests.controller.trainee import minimal_spec

from progenitor.v1 import study_pb2 as pb
from progenitor_controller.algorithms import defaults
from progenitor_controller.wire.check_spec import check_spec
from progenitor_controller.wire.decode import decode
from progenitor_controller.wire.defaults import spelled_out
from progenitor_controller.wire.spec.not_yet import NOT_YET
from progenitor_controller.wire.violations import Violations
from progenitor_storage.model.spec import (
    Custom,
    Fitness,
    GaussianProcessExploration,
    Hyperband,
    PendingTrials,
    PerformanceCurveStopping,
    PopulationBasedTraining,
    Replay,
    ReplayedTrial,
    SubPopulation,
    TTestSelection,
)

PBT = "population_based_training"
any_valid = specifications(st.just(PBT) | st.sampled_from(ALGORITHMS))


def checked(spec: pb.StudySpec) -> Violations:
    violations = Violations()
    check_spec(violations, "spec", spec)
    return violations


# Any valid specification.


@given(any_valid)
def test_a_valid_specification_has_no_violations(spec: pb.StudySpec) -> None:
    assert checked(spec).found == []


@given(any_valid, st.integers(0, 2**63 - 1))
def test_it_is_spelled_out_once_and_for_all_and_stays_valid(spec: pb.StudySpec, seed: int) -> None:
    once = spelled_out(spec, seed)
    assert spelled_out(once, seed + 1) == once
    if spec.WhichOneof("algorithm") != "replay":  # which has the seed of the study that it replays
        assert checked(once).found == []


@given(any_valid)
def test_spelling_out_changes_nothing_that_is_given(spec: pb.StudySpec) -> None:
    before = spec.SerializeToString(deterministic=True)
    assert_kept(spec, spelled_out(spec, 1))
    assert spec.SerializeToString(deterministic=True) == before


OPEN_BY_NATURE = {"early_stopping", "_target", "_crossover"}


def left_open(full: pb.StudySpec) -> set[str]:
    return {name for part in parts(full) for name in open_choices(part)} - OPEN_BY_NATURE


@given(any_valid)
def test_no_choice_is_left_open_once_it_is_spelled_out(spec: pb.StudySpec) -> None:
    full = spelled_out(spec, 1)
    assert left_open(full) == set()
    assert full.HasField("lease_duration")


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_nor_where_nothing_is_said_but_what_is_asked_for(name: str) -> None:
    spec, _ = example(name)
    full = spelled_out(spec, 1)
    assert left_open(full) == set()
    places = {"grid_search": 3, "replay": 0}.get(name, 9 if "configurations" in str(spec) else 4)
    assert decode(full).places == places


@given(any_valid)
def test_what_is_spelled_out_can_be_decided_on(spec: pb.StudySpec) -> None:
    full = spelled_out(spec, 1)
    record = decode(full)
    assert record == decode(pb.StudySpec.FromString(full.SerializeToString(deterministic=True)))
    assert [parameter.name for parameter in record.parameters] == [p.name for p in spec.parameters]
    assert record.places >= len(record.initial_population)
    assert (record.stopping is None) == (spec.WhichOneof("early_stopping") is None)


# What this release does not have.


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_is_not_there_yet_is_all_that_is_missing(name: str) -> None:
    spec, field = example(name)
    violations = checked(spec)
    assert violations.found == []
    assert [missing.field for missing in violations.missing] == ([field] if name in NOT_YET else [])


def test_everything_that_is_not_there_yet_is_tried() -> None:
    assert set(NOT_YET) <= set(EXAMPLES)


# Records.


def test_a_population_reads_as_it_was_asked_for() -> None:
    spec = minimal_spec()
    spec.metrics.add(name="size", goal=pb.GOAL_MINIMIZE)
    spec.population_based_training.MergeFrom(
        pb.PopulationBasedTraining(
            fitness=pb.FITNESS_PARETO,
            t_test=pb.TTestSelection(window=7),
            gaussian_process=pb.GaussianProcessExploration(pending=pb.PENDING_TRIALS_THOMPSON_SAMPLING),
            crossover=pb.Crossover(probability=0.25),
            sub_populations=[
                pb.SubPopulation(size=3, steps_per_trial=5),
                pb.SubPopulation(size=1, steps_per_trial=20),
            ],
            migration_interval=6,
            start_after_members=2,
        )
    )
    population = decode(spelled_out(spec, 1)).algorithm
    assert isinstance(population, PopulationBasedTraining)
    assert population.fitness is Fitness.PARETO
    assert population.selection == TTestSelection(defaults.T_TEST_SIGNIFICANCE, window=7)
    assert population.exploration == GaussianProcessExploration(
        defaults.GAUSSIAN_PROCESS_HISTORY, PendingTrials.THOMPSON_SAMPLING
    )
    assert population.crossover == 0.25
    assert population.sub_populations == (SubPopulation(3, 5), SubPopulation(1, 20))
    assert (population.migration_interval, population.start_after_members) == (6, 2)


def test_what_is_not_asked_for_has_the_defaults_of_this_release() -> None:
    spec = minimal_spec(hyperband=pb.Hyperband(configurations=9, asynchronous=True))
    spec.performance_curve_stopping.grace_steps = 3
    record = decode(spelled_out(spec, 1))
    assert record.algorithm == Hyperband(defaults.REDUCTION_FACTOR, configurations=9, asynchronous=True)
    assert record.stopping == PerformanceCurveStopping(
        grace_steps=3, probability=defaults.CURVE_PROBABILITY, min_trials=defaults.CURVE_MIN_TRIALS
    )


@pytest.mark.parametrize("pending", [name for name, number in pb.PendingTrials.items() if number])
def test_what_a_model_assumes_reads_as_it_is_called(pending: str) -> None:
    spec = minimal_spec()
    spec.population_based_training.gaussian_process.pending = pb.PendingTrials.Value(pending)
    population = decode(spelled_out(spec, 1)).algorithm
    assert isinstance(population, PopulationBasedTraining)
    assert isinstance(population.exploration, GaussianProcessExploration)
    assert population.exploration.pending is PendingTrials[pending.removeprefix("PENDING_TRIALS_")]


def test_a_replay_reads_its_closure() -> None:
    closure = [
        pb.ReplayedTrial(
            trial=1, parameters={"lr": pb.ParameterValue(double_value=0.5)}, seed=4, end_step=5, digest="d"
        ),
        pb.ReplayedTrial(trial=3, generation=1, start_step=5, end_step=9, parent=1, warm_start_uri="u"),
    ]
    spec = pb.StudySpec(replay=pb.Replay(trials=["studies/s/trials/3"], closure=closure))
    first = ReplayedTrial(1, 0, 0, {"lr": 0.5}, 4, 0, 5, digest="d")
    second = ReplayedTrial(3, 0, 1, {}, 0, 5, 9, parent=1, warm_start_uri="u")
    assert decode(spelled_out(spec, 1)).algorithm == Replay((first, second), "s")


@given(st.dictionaries(text, json_value, max_size=5))
def test_a_plug_ins_options_are_the_values_that_were_given(options: dict[str, Any]) -> None:
    given_options = Struct()
    given_options.update(options)
    plug_in = decode_plug_in(given_options)
    assert plug_in.options == MessageToDict(given_options) == options
    assert in_order(plug_in.options), "the same in every process"


def test_a_plug_ins_counts_are_whole() -> None:
    options = Struct()
    options.update({"window": 5, "deep": [{"rate": 0.5, "one": 1.0}], "large": 1e300})
    found = decode_plug_in(options).options
    assert found == {"window": 5, "deep": [{"rate": 0.5, "one": 1}], "large": 1e300}
    assert type(found["window"]) is int
    assert type(found["large"]) is float


def decode_plug_in(options: Struct) -> Custom:
    spec = minimal_spec(custom=pb.CustomAlgorithm(algorithm="mine", configurations=2, options=options))
    algorithm = decode(spelled_out(spec, 1)).algorithm
    assert isinstance(algorithm, Custom)
    assert (algorithm.name, algorithm.configurations) == ("mine", 2)
    return algorithm


def in_order(value: Any) -> bool:
    match value:
        case dict():
            return list(value) == sorted(value) and all(map(in_order, value.values()))
        case list():
            return all(map(in_order, value))
        case _:
            return True
