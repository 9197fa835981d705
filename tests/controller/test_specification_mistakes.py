"""What a specification may not say: each mistake is refused by the name of its field."""

import math
import re
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.controller.messages import assign, leaves
from tests.controller.specifications import ALGORITHMS, specifications
from tests.controller.trainee import minimal_spec

from progenitor.v1 import study_pb2 as pb
from progenitor_controller.errors import InvalidRequest
from progenitor_controller.studies import refuse_too_short
from progenitor_controller.wire.check_spec import check_spec
from progenitor_controller.wire.decode import decode
from progenitor_controller.wire.defaults import spelled_out
from progenitor_controller.wire.violations import Violations
from progenitor_storage.model.study import Study


def refused(spec: pb.StudySpec) -> set[str]:
    violations = Violations()
    check_spec(violations, "spec", spec)
    return {violation.field for violation in violations.found}


# Field that is named → what is assigned: to each in turn, on top of a valid specification.

ABOVE = 100_001
LONG = "x" * 10_000
NUMBER = pb.ParameterValue(double_value=0.5)
PBT = "population_based_training"


def bad_configurations(path: str) -> dict[str, list[dict[str, Any]]]:
    return {f"{path}.configurations": [{f"{path}.configurations": value} for value in (0, -1, ABOVE)]}


def bad_plug_in(path: str, configurations: tuple[int, ...]) -> dict[str, list[dict[str, Any]]]:
    infinite, bottomless = Struct(), Struct()
    infinite.update({"a": math.inf})
    nested: Any = 0
    for _ in range(20):
        nested = {"a": nested}
    bottomless.update(nested)
    return {
        f"{path}.algorithm": [{f"{path}.algorithm": value} for value in ("", "a\0", LONG)],
        f"{path}.options['a']": [{f"{path}.options": infinite}],
        f"{path}.options" + "['a']" * 17: [{f"{path}.options": bottomless}],
        f"{path}.configurations": [{f"{path}.configurations": value} for value in configurations],
    }


def each(path: str, *values: Any, **others: Any) -> dict[str, list[dict[str, Any]]]:
    """`others` are assigned first, to fields beside it."""
    beside = {f"{path.rpartition('.')[0]}.{name}": value for name, value in others.items()}
    return {path: [{**beside, path: value} for value in values]}


MISTAKES: dict[str, list[dict[str, Any]]] = {
    **each("parameters[0].name", "", "a\0", LONG),
    "parameters[0].double_domain": [
        {"parameters[0].double_domain.min": 1.0, "parameters[0].double_domain.max": 0.5},
        {"parameters[0].double_domain.min": -1.7e308, "parameters[0].double_domain.max": 1.7e308},
    ],
    **each("parameters[0].double_domain.min", math.nan, math.inf),
    **each("parameters[0].double_domain.max", math.nan, -math.inf),
    **each("parameters[0].double_domain.scale", 77),
    "parameters[0].integer_domain": [
        {"parameters[0].integer_domain.min": 2, "parameters[0].integer_domain.max": 1}
    ],
    **each("parameters[0].integer_domain.min", 0, -3, max=9, scale=pb.SCALE_LOG),
    **each("parameters[0].integer_domain.scale", 77),
    **each("parameters[0].discrete_domain.values", [], [2.0, 1.0], [1.0, 1.0]),
    "parameters[0].discrete_domain.values[1]": [{"parameters[0].discrete_domain.values": [1.0, math.nan]}],
    **each("parameters[0].categorical_domain.values", []),
    "parameters[0].categorical_domain.values[1]": [
        {"parameters[0].categorical_domain.values": ["a", "a"]},
        {"parameters[0].categorical_domain.values": ["a", LONG]},
    ],
    **each("metrics[0].name", "", "a\0", LONG),
    **each("metrics[0].goal", 0, 77),
    **each("metrics[0].weight", 0.0, -1.0, math.nan, math.inf),
    **each("steps_per_trial", 0, -1, 2**40 + 1),
    **each("budget.max_steps", -1, 2**40 + 1),
    **each("budget.max_trials", -1, 2**40 + 1),
    **each("budget.max_total_steps", -1, 2**40 + 1),
    **each("budget.max_duration.seconds", -1, 2**62),
    **each("budget.target", math.nan, math.inf),
    **each("seed", -1),
    **each("lease_duration.seconds", -1, 10**9),
    **each("max_failures_per_trial", 0, -1, 10**6 + 1),
    **each("checkpoint_retention", 77),
    "initial_population[0].parameters['no parameter']": [
        {"initial_population[0].parameters": {"no parameter": NUMBER}}
    ],
    **each("initial_population[0].warm_start_uri", "a\0", LONG),
    **each("initial_population[0].start_step", -1, 2**40 + 1, warm_start_uri="u"),
    **each("initial_population[0].warm_start_digest", "md5:0", "sha256:" + "F" * 64),
    **each(f"{PBT}.population_size", 0, -1, ABOVE),
    **each(f"{PBT}.fitness", 77),
    **each(f"{PBT}.initiator.opponent_generations", -1, 3),
    **each(f"{PBT}.truncation.fraction", -0.1, 0.6, math.nan),
    **each(f"{PBT}.t_test.significance", -0.1, 1.0, math.nan, math.inf),
    **each(f"{PBT}.t_test.window", -1, 1, 1001),
    **bad_plug_in(f"{PBT}.custom_selection", (1, -1)),
    "population_based_training.mutation.factors.values[1]": [
        {f"{PBT}.mutation.factors.values": [1.0, bad]} for bad in (0.0, -1.0, math.nan, math.inf)
    ],
    **each(f"{PBT}.mutation.sigma", 0.0, -1.0, math.nan, math.inf),
    **each(f"{PBT}.mutation.resample_probability", -0.1, 1.1, math.nan),
    **each(f"{PBT}.mutation.mutation_probability", -0.1, 1.1, math.nan),
    **each(f"{PBT}.gaussian_process.history", -1, 1, 1001),
    **each(f"{PBT}.gaussian_process.pending", 77),
    **bad_plug_in(f"{PBT}.custom_exploration", (1, -1)),
    **each(f"{PBT}.inheritance", 77),
    **each(f"{PBT}.exploration_scope", 77),
    **each(f"{PBT}.crossover.probability", 0.0, -0.1, 1.1, math.nan),
    **each(f"{PBT}.start_after_members", -1, ABOVE),
    **each(f"{PBT}.sub_populations[0].size", 0, -1, ABOVE),
    **each(f"{PBT}.sub_populations[0].steps_per_trial", 0, -1, 2**40 + 1),
    **each(f"{PBT}.migration_interval", -1),
    **each(f"{PBT}.control_members", -1, ABOVE),
    **bad_configurations("random_search"),
    **each("grid_search.points_per_parameter", 0, -1, ABOVE),
    **bad_configurations("hyperband"),
    **each("hyperband.reduction_factor", -1, 1, ABOVE),
    **bad_configurations("gaussian_process_bandit"),
    **bad_configurations("covariance_matrix_adaptation"),
    **each("replay.trials", []),
    "replay.trials[0]": [{"replay.trials": [bad]} for bad in ("", "studies/s", "studies/s/trials/0", LONG)],
    "replay.trials[1]": [
        {"replay.trials": ["studies/s/trials/1", second]}
        for second in ("studies/s/trials/1", "studies/t/trials/2")
    ],
    **each("replay.closure", [pb.ReplayedTrial(trial=1)]),
    **bad_plug_in("custom", (0, -1, ABOVE)),
    **each("median_stopping.grace_steps", -1, 2**40 + 1),
    **each("median_stopping.min_trials", -1, ABOVE),
    **each("performance_curve_stopping.grace_steps", -1, 2**40 + 1),
    **each("performance_curve_stopping.probability", -0.1, 1.0, math.nan, math.inf),
    **each("performance_curve_stopping.min_trials", -1, ABOVE),
    **bad_plug_in("custom_stopping", (1, -1)),
}
MISTAKEN = [(field, values) for field, mistakes in MISTAKES.items() for values in mistakes]

ANYTHING_GOES = {
    "parameters.immutable",
    f"{PBT}.synchronous",
    f"{PBT}.truncation.spare_improving",
    "hyperband.asynchronous",
}
NOT_READ = {"budget.max_duration.nanos", "lease_duration.nanos"}  # beside seconds; see protobuf's Duration


@pytest.mark.parametrize(("field", "values"), MISTAKEN, ids=[field for field, _ in MISTAKEN])
@settings(max_examples=5)
@given(data=st.data())
def test_any_single_mistake_is_refused_by_the_name_of_its_field(
    field: str, values: dict[str, Any], data: st.DataObject
) -> None:
    algorithm = field.partition(".")[0]
    others = [name for name in ALGORITHMS if name not in {"replay", "grid_search"}]
    spec = data.draw(specifications(st.sampled_from([algorithm] if algorithm in ALGORITHMS else others)))
    for path, value in values.items():
        assign(spec, path, value)
    named = f"spec.{field}".removesuffix(".seconds")
    assert named in refused(spec)


def test_every_field_of_the_contract_has_a_mistake() -> None:
    assigned = {re.sub(r"\[\d+]", "", path) for _, values in MISTAKEN for path in values}
    assert set(leaves(pb.StudySpec.DESCRIPTOR)) - NOT_READ == assigned | ANYTHING_GOES


# Mistakes that take two fields.


@given(specifications(st.just(PBT)))
def test_sub_populations_have_all_the_members_of_the_population(spec: pb.StudySpec) -> None:
    assume(spec.population_based_training.sub_populations)
    spec.population_based_training.sub_populations[0].size += 1
    assert refused(spec) == {"spec.population_based_training.sub_populations"}


def test_at_most_a_hundred_sub_populations() -> None:
    spec = minimal_spec()
    population = spec.population_based_training
    population.population_size = 101
    population.sub_populations.extend([pb.SubPopulation(size=1, steps_per_trial=1)] * 101)
    assert refused(spec) == {"spec.population_based_training.sub_populations"}


@pytest.mark.parametrize("sizes", [[], [4]])
def test_there_is_no_migration_without_a_second_sub_population(sizes: list[int]) -> None:
    spec = minimal_spec()
    population = spec.population_based_training
    population.migration_interval = 1
    population.sub_populations.extend(pb.SubPopulation(size=size, steps_per_trial=1) for size in sizes)
    assert refused(spec) == {"spec.population_based_training.migration_interval"}


def test_a_front_takes_two_metrics() -> None:
    spec = minimal_spec()
    spec.population_based_training.fitness = pb.FITNESS_PARETO
    assert refused(spec) == {"spec.population_based_training.fitness"}


@pytest.mark.parametrize("given_as", ["FITNESS_PARETO", "FITNESS_UNSPECIFIED"])
def test_a_front_is_not_compared_by_what_takes_one_number(given_as: str) -> None:
    spec = minimal_spec()
    spec.metrics.add(name="size", goal=pb.GOAL_MINIMIZE)
    spec.population_based_training.fitness = pb.Fitness.Value(given_as)
    spec.population_based_training.t_test.SetInParent()
    assert refused(spec) == {"spec.population_based_training.t_test"}
    spec.population_based_training.truncation.spare_improving = True
    assert refused(spec) == {"spec.population_based_training.truncation.spare_improving"}
    spec.population_based_training.no_selection.SetInParent()
    spec.median_stopping.grace_steps = 1
    assert refused(spec) == {"spec.median_stopping"}
    spec.performance_curve_stopping.grace_steps = 1
    assert refused(spec) == {"spec.performance_curve_stopping"}
    spec.population_based_training.gaussian_process.SetInParent()
    gaussian_process = "spec.population_based_training.gaussian_process"
    assert refused(spec) == {"spec.performance_curve_stopping", gaussian_process}
    spec.metrics[0].weight = 2.0
    assert bool(refused(spec)) == (given_as == "FITNESS_PARETO")


def test_sub_populations_have_no_controls() -> None:
    spec = minimal_spec()
    population = spec.population_based_training
    population.control_members = 1
    assert refused(spec) == set()
    population.sub_populations.add(size=population.population_size, steps_per_trial=1)
    assert refused(spec) == {"spec.population_based_training.control_members"}


def spelled(population_size: int = 20, **fields: Any) -> pb.PopulationBasedTraining:
    spec = minimal_spec()
    given = pb.PopulationBasedTraining(population_size=population_size, **fields)
    spec.population_based_training.MergeFrom(given)
    assert refused(spec) == set()
    return spelled_out(spec, 0).population_based_training


def test_where_no_selection_is_named_one_member_in_eight_is_a_control() -> None:
    assert spelled().control_members == 2
    assert spelled().truncation.spare_improving
    assert spelled(control_members=0).control_members == 0
    assert spelled(population_size=7).control_members == 0


@pytest.mark.parametrize("selection", ["truncation", "initiator", "binary_tournament", "no_selection"])
def test_a_selection_that_is_named_is_as_published(selection: str) -> None:
    named: dict[str, Any] = {selection: {}}
    population = spelled(**named)
    assert population.control_members == 0
    assert not population.truncation.spare_improving


def test_sub_populations_are_the_remedy_where_they_are_named() -> None:
    assert spelled(sub_populations=[pb.SubPopulation(size=20, steps_per_trial=1)]).control_members == 0


def test_metrics_are_added_up_only_if_one_of_them_has_a_weight() -> None:
    spec = minimal_spec()
    spec.metrics.add(name="size", goal=pb.GOAL_MINIMIZE)
    alone = spelled_out(spec, 0)
    assert alone.population_based_training.fitness == pb.FITNESS_PARETO
    assert not alone.population_based_training.truncation.spare_improving
    assert [metric.weight for metric in alone.metrics] == [1.0, 1.0]
    spec.metrics[1].weight = 0.5
    assert spelled_out(spec, 0).population_based_training.fitness == pb.FITNESS_WEIGHTED


def test_with_three_metrics_a_front_is_of_as_many_members_as_can_be_compared_in_time() -> None:
    spec = minimal_spec()
    spec.population_based_training.fitness = pb.FITNESS_PARETO
    spec.population_based_training.population_size = 2001
    spec.metrics.add(name="size", goal=pb.GOAL_MINIMIZE)
    assert refused(spec) == set()
    spec.metrics.add(name="time", goal=pb.GOAL_MINIMIZE)
    assert refused(spec) == {"spec.population_based_training.population_size"}


@pytest.mark.parametrize(("points", "parameters"), [(2, 17), (2, 1000), (317, 2), (2**31 - 1, 1000)])
def test_a_grid_of_too_many_points_is_refused_however_many_they_are(points: int, parameters: int) -> None:
    spec = minimal_spec(grid_search=pb.GridSearch(points_per_parameter=points))
    for number in range(1, parameters):
        spec.parameters.add(name=f"p{number}", integer_domain=pb.IntegerDomain(min=-(2**63), max=2**63 - 1))
    assert refused(spec) == {"spec.grid_search.points_per_parameter"}


def test_a_grid_counts_the_values_that_there_are() -> None:
    spec = minimal_spec(grid_search=pb.GridSearch(points_per_parameter=50_000))
    spec.parameters.add(name="layers", integer_domain=pb.IntegerDomain(min=1, max=2))
    spec.parameters.add(name="fixed", double_domain=pb.DoubleDomain(min=1, max=1))
    assert refused(spec) == set()
    assert decode(spelled_out(spec, 1)).places == 100_000
    spec.parameters.add(name="kind", categorical_domain=pb.CategoricalDomain(values=["a", "b"]))
    assert refused(spec) == {"spec.grid_search.points_per_parameter"}


def test_a_grid_gives_every_value_itself() -> None:
    spec = minimal_spec(grid_search=pb.GridSearch(points_per_parameter=2))
    member = spec.initial_population.add(warm_start_uri="a checkpoint")
    assert refused(spec) == set()
    member.parameters["lr"].double_value = 0.5
    assert refused(spec) == {"spec.initial_population[0].parameters"}


@pytest.mark.parametrize("max_steps", [0, 9, 10])
def test_hyperband_needs_lineages_longer_than_a_session(max_steps: int) -> None:
    spec = minimal_spec(hyperband=pb.Hyperband(configurations=9))
    assert refused(spec) == set()
    spec.budget.max_steps = max_steps
    spec.budget.max_trials = 100
    assert refused(spec) == {"spec.budget.max_steps"}


@pytest.mark.parametrize("max_steps", [0, 9, 10])
def test_nor_can_it_be_left_without_them_later(max_steps: int) -> None:
    spec = spelled_out(minimal_spec(hyperband=pb.Hyperband(configurations=9)), 1)
    study = Study("s", "uid", b"", spec.SerializeToString())
    refuse_too_short(study, pb.Budget(max_steps=11))
    with pytest.raises(InvalidRequest) as caught:
        refuse_too_short(study, pb.Budget(max_steps=max_steps, max_trials=100))
    assert [violation.field for violation in caught.value.violations] == ["study.spec.budget.max_steps"]


@pytest.mark.parametrize("algorithm", ["gaussian_process_bandit", "covariance_matrix_adaptation"])
def test_what_is_learnt_from_configurations_needs_an_end_of_them(algorithm: str) -> None:
    spec = minimal_spec()
    getattr(spec, algorithm).configurations = 9
    assert refused(spec) == set()
    study = Study("s", "uid", b"", spelled_out(spec, 1).SerializeToString())
    spec.budget.max_steps = 0
    spec.budget.max_trials = 100
    assert refused(spec) == {"spec.budget.max_steps"}
    refuse_too_short(study, pb.Budget(max_steps=1))
    with pytest.raises(InvalidRequest) as caught:
        refuse_too_short(study, spec.budget)
    assert [violation.field for violation in caught.value.violations] == ["study.spec.budget.max_steps"]


def test_covariances_are_of_numbers() -> None:
    spec = minimal_spec(covariance_matrix_adaptation=pb.CovarianceMatrixAdaptation(configurations=9))
    assert refused(spec) == set()
    spec.parameters[0].categorical_domain.values.append("a")
    assert refused(spec) == {"spec.covariance_matrix_adaptation"}


def test_no_more_initial_members_than_places() -> None:
    for algorithm in (
        "random_search",
        "hyperband",
        "gaussian_process_bandit",
        "covariance_matrix_adaptation",
    ):
        spec = minimal_spec()
        getattr(spec, algorithm).configurations = 2
        spec.initial_population.extend([pb.InitialMember()] * 3)
        assert refused(spec) == {"spec.initial_population"}, algorithm


def test_a_replay_is_given_nothing_that_the_replayed_study_gives() -> None:
    spec = minimal_spec(replay=pb.Replay(trials=["studies/s/trials/1"]))
    spec.initial_population.add()
    spec.median_stopping.SetInParent()
    assert refused(spec) == {
        "spec.parameters",
        "spec.metrics",
        "spec.steps_per_trial",
        "spec.seed",
        "spec.budget",
        "spec.initial_population",
        "spec.median_stopping",
    }


def test_a_thousand_trials_are_replayed_at_most() -> None:
    trials = [f"studies/s/trials/{number}" for number in range(1, 1002)]
    assert refused(pb.StudySpec(replay=pb.Replay(trials=trials))) == {"spec.replay.trials"}
    assert refused(pb.StudySpec(replay=pb.Replay(trials=trials[1:]))) == set()


def test_all_mistakes_are_named_at_once() -> None:
    spec = minimal_spec()
    population = spec.population_based_training
    population.t_test.window = 1
    population.gaussian_process.history = 1
    population.crossover.SetInParent()
    population.sub_populations.add()
    spec.custom_stopping.SetInParent()
    within = "spec.population_based_training"
    assert refused(spec) == {
        f"{within}.t_test.window",
        f"{within}.gaussian_process.history",
        f"{within}.crossover.probability",
        f"{within}.sub_populations",
        f"{within}.sub_populations[0].size",
        f"{within}.sub_populations[0].steps_per_trial",
        "spec.custom_stopping.algorithm",
    }
