"""A study as a training file describes it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from math import prod
from typing import Any, cast

import numpy as np
import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from progenitor import (
    BinaryTournamentSelection,
    Categorical,
    CovarianceMatrixAdaptation,
    Custom,
    Discrete,
    Double,
    GaussianProcessBandit,
    GaussianProcessExploration,
    GridSearch,
    Hyperband,
    InitialMember,
    InitiatorSelection,
    Integer,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    NoSelection,
    PerformanceCurveStopping,
    RandomSearch,
    Study,
    SubPopulation,
    TruncationSelection,
    TTestSelection,
)
from progenitor.v1 import study_pb2
from progenitor_storage.model import spec as model
from progenitor_worker.arguments import StudyError
from progenitor_worker.domains import Domain
from progenitor_worker.places import places_of


def study(**changes: Any) -> Study:
    arguments: dict[str, Any] = {
        "metrics": [Maximize("accuracy")],
        "parameters": {"lr": Double(1e-5, 1e-1, log=True)},
        "population_size": 8,
        "steps_per_trial": 500,
        "max_steps": 20_000,
    }
    given = {name: value for name, value in (arguments | changes).items() if value is not LEFT_OUT}
    return Study(**given)


LEFT_OUT = object()
WRONG: Any = 0.5
TEXT: Any = "0"


def endless() -> list[object]:
    itself: list[object] = []
    itself.append(itself)
    return itself


def test_what_is_left_out_is_left_to_the_controller() -> None:
    spec = study().spec()
    assert not spec.HasField("seed")
    assert not spec.HasField("lease_duration")
    assert spec.population_based_training.WhichOneof("selection") is None
    assert spec.budget == study_pb2.Budget(max_steps=20_000)


def test_every_kind_of_parameter_reaches_the_specification() -> None:
    parameters = {
        "lr": Double(1e-5, 1e-1, log=True),
        "width": Integer(32, 256, immutable=True),
        "drop": Discrete([0.0, 0.1]),
        "act": Categorical(["relu", "tanh"]),
    }
    lr, width, drop, act = study(parameters=parameters).spec().parameters
    assert (lr.double_domain.min, lr.double_domain.max, lr.double_domain.scale) == (
        1e-5,
        0.1,
        study_pb2.SCALE_LOG,
    )
    assert (width.integer_domain.min, width.integer_domain.max, width.immutable) == (32, 256, True)
    assert list(drop.discrete_domain.values) == [0.0, 0.1]
    assert list(act.categorical_domain.values) == ["relu", "tanh"]


def test_every_option_reaches_the_specification() -> None:
    spec = study(
        metrics=[Maximize("accuracy", weight=2.0), Minimize("loss")],
        max_trials=9,
        max_total_steps=10,
        max_duration=timedelta(minutes=1),
        target=0.9,
        seed=3,
        lease_duration=1.5,
        max_failures_per_trial=2,
        initial_population=[{"lr": 0.01}, InitialMember({}, "uid/1/1/5-x", 5)],
        exploration=Mutation(sigma=0.1, resample_probability=0.0, mutation_probability=0.5),
        inheritance="weights",
        exploration_scope="every_child",
        start_after_members=4,
        synchronous=True,
        early_stopping=MedianStopping(grace_steps=10, min_trials=3),
    ).spec()
    assert [(m.name, m.goal, m.weight) for m in spec.metrics] == [("accuracy", 1, 2.0), ("loss", 2, 0.0)]
    assert spec.budget.max_duration.seconds == 60
    assert (spec.budget.max_trials, spec.budget.max_total_steps, spec.budget.target) == (9, 10, 0.9)
    assert (spec.seed, spec.lease_duration.nanos, spec.max_failures_per_trial) == (3, 500_000_000, 2)
    assert spec.initial_population[0].parameters["lr"].double_value == 0.01
    assert (spec.initial_population[1].warm_start_uri, spec.initial_population[1].start_step) == (
        "uid/1/1/5-x",
        5,
    )
    population = spec.population_based_training
    assert (population.mutation.sigma, population.mutation.mutation_probability) == (0.1, 0.5)
    assert population.inheritance == study_pb2.INHERITANCE_WEIGHTS
    assert population.exploration_scope == study_pb2.EXPLORATION_SCOPE_EVERY_CHILD
    assert (population.start_after_members, population.synchronous) == (4, True)
    assert (spec.median_stopping.grace_steps, spec.median_stopping.min_trials) == (10, 3)


@pytest.mark.parametrize(
    ("selection", "field"),
    [
        (InitiatorSelection(opponent_generations=2), "initiator"),
        (TruncationSelection(fraction=0.25), "truncation"),
        (TruncationSelection(spare_improving=True), "truncation"),
        (BinaryTournamentSelection(), "binary_tournament"),
        (TTestSelection(significance=0.01, window=5), "t_test"),
        (TTestSelection(), "t_test"),
        (NoSelection(), "no_selection"),
        (Custom("mine", strength=2), "custom_selection"),
    ],
)
def test_every_selection_reaches_the_specification(selection: object, field: str) -> None:
    population = study(selection=selection, exploration=NoExploration()).spec().population_based_training
    assert population.WhichOneof("selection") == field
    assert population.WhichOneof("exploration") == "no_exploration"


def population(**changes: Any) -> study_pb2.PopulationBasedTraining:
    return study(**changes).spec().population_based_training


def searched(algorithm: object, **changes: Any) -> Study:
    return study(algorithm=algorithm, population_size=LEFT_OUT, **changes)


def test_what_is_given_of_a_selection_or_an_exploration_reaches_the_specification() -> None:
    truncated = population(selection=TruncationSelection(0.3, spare_improving=True), control_members=2)
    assert (truncated.truncation.fraction, truncated.truncation.spare_improving) == (0.3, True)
    assert truncated.control_members == 2
    assert not population().HasField("control_members")
    assert population(control_members=0).HasField("control_members")
    tested = population(selection=TTestSelection(significance=0.01, window=5))
    assert (tested.t_test.significance, tested.t_test.window) == (0.01, 5)
    modelled = population(exploration=GaussianProcessExploration(history=50, pending="thompson_sampling"))
    assert modelled.gaussian_process.history == 50
    assert modelled.gaussian_process.pending == study_pb2.PENDING_TRIALS_THOMPSON_SAMPLING
    left_out = population(exploration=GaussianProcessExploration())
    assert left_out.gaussian_process == study_pb2.GaussianProcessExploration()
    assert left_out.WhichOneof("exploration") == "gaussian_process"


def test_fitness_crossover_and_sub_populations_reach_the_specification() -> None:
    made = population(
        metrics=[Maximize("accuracy"), Minimize("latency")],
        fitness="pareto",
        crossover=0.2,
        sub_populations=[SubPopulation(6, 100), SubPopulation(2)],
        migration_interval=3,
    )
    assert (made.fitness, made.crossover.probability) == (study_pb2.FITNESS_PARETO, 0.2)
    assert [(part.size, part.steps_per_trial) for part in made.sub_populations] == [(6, 100), (2, 500)]
    assert (made.population_size, made.migration_interval) == (8, 3)
    plain = population(fitness="weighted")
    assert plain.fitness == study_pb2.FITNESS_WEIGHTED
    assert not plain.HasField("crossover")


def test_the_size_of_a_population_may_be_left_to_its_parts() -> None:
    parted = study(sub_populations=[SubPopulation(6, 100), SubPopulation(3, 400)], population_size=LEFT_OUT)
    assert parted.places == parted.spec().population_based_training.population_size == 9


@pytest.mark.parametrize(
    ("algorithm", "field"),
    [
        (RandomSearch(5), "random_search"),
        (Hyperband(5), "hyperband"),
        (GaussianProcessBandit(5), "gaussian_process_bandit"),
        (CovarianceMatrixAdaptation(5), "covariance_matrix_adaptation"),
        (Custom("mine", configurations=5), "custom"),
    ],
)
def test_a_search_has_configurations_and_no_population(algorithm: object, field: str) -> None:
    spec = searched(algorithm).spec()
    assert spec.WhichOneof("algorithm") == field
    assert getattr(spec, field).configurations == searched(algorithm).places == 5


def test_what_is_given_of_hyperband_reaches_the_specification() -> None:
    hyperband = searched(Hyperband(27, reduction_factor=4, asynchronous=True)).spec().hyperband
    assert hyperband == study_pb2.Hyperband(configurations=27, reduction_factor=4, asynchronous=True)
    assert searched(Hyperband(27)).spec().hyperband.reduction_factor == 0, "left to the controller"


wholes = st.integers(-(2**63), 2**63 - 1)
PAIRS: st.SearchStrategy[tuple[Domain, model.Domain]] = st.one_of(
    st.tuples(st.floats(-1e9, 1e9), st.floats(0, 1e9) | st.just(0.0)).map(
        lambda p: (Double(p[0], p[0] + p[1]), model.DoubleDomain(p[0], p[0] + p[1]))
    ),
    st.tuples(wholes, wholes).map(lambda p: (Integer(min(p), max(p)), model.IntegerDomain(min(p), max(p)))),
    st.lists(st.floats(-9, 9), min_size=1, max_size=9, unique=True).map(
        lambda p: (Discrete(sorted(p)), model.DiscreteDomain(tuple(sorted(p))))
    ),
    st.lists(st.text("ab", max_size=5), min_size=1, max_size=9, unique=True).map(
        lambda p: (Categorical(p), model.CategoricalDomain(tuple(p)))
    ),
)


@given(st.lists(PAIRS, max_size=5), st.integers(1, 2**31 - 1))
def test_a_grid_has_as_many_members_as_the_controller_makes_of_it(
    pairs: list[tuple[Domain, model.Domain]], points: int
) -> None:
    grid = searched(GridSearch(points), parameters={f"p{n}": ours for n, (ours, _) in enumerate(pairs)})
    assert grid.places == prod(model.points_of(theirs, points) for _, theirs in pairs)


def test_a_replay_has_the_members_that_it_trains_again() -> None:
    closure = [
        study_pb2.ReplayedTrial(trial=trial, member=member) for trial, member in ((1, 4), (2, 7), (5, 4))
    ]
    assert places_of(study_pb2.StudySpec(replay=study_pb2.Replay(closure=closure))) == 2


def test_a_plug_in_has_its_name_and_its_options_as_json() -> None:
    options: dict[str, Any] = {
        "strength": 2,
        "names": ["a", None, True],
        "deep": {"rate": np.float64(0.5)},
        "name": "b",
    }
    made = study(exploration=Custom("mine", **options), early_stopping=Custom("mine too")).spec()
    custom = made.population_based_training.custom_exploration
    assert custom.algorithm == "mine"
    assert json_format.MessageToDict(custom.options) == options
    assert made.custom_stopping == study_pb2.CustomAlgorithm(
        algorithm="mine too", options=struct_pb2.Struct()
    )


def test_performance_curve_stopping_reaches_the_specification() -> None:
    rule = PerformanceCurveStopping(grace_steps=10, probability=0.1, min_trials=3)
    curve = study(early_stopping=rule).spec().performance_curve_stopping
    assert (curve.grace_steps, curve.probability, curve.min_trials) == (10, 0.1, 3)
    left = study(early_stopping=PerformanceCurveStopping(10)).spec().performance_curve_stopping
    assert left == study_pb2.PerformanceCurveStopping(grace_steps=10)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"metrics": "accuracy"}, "metrics"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["accuracy"]}, "Maximize"),
        ({"parameters": [Double(0, 1)]}, "parameters must be a dict"),
        ({"parameters": {"lr": (0, 1)}}, "parameters\\['lr'\\]"),
        ({"parameters": {"session": Double(0, 1)}}, "session"),
        ({"steps_per_trial": 2.5}, "steps_per_trial"),
        ({"steps_per_trial": 0}, "at least 1"),
        ({"population_size": "8"}, "population_size"),
        ({"population_size": LEFT_OUT}, "population_size is missing"),
        ({"steps_per_trial": LEFT_OUT}, "steps_per_trial is missing"),
        ({"max_steps": LEFT_OUT}, "budget"),
        ({"max_duration": -1}, "max_duration"),
        ({"target": float("nan")}, "target"),
        ({"seed": -1}, "seed"),
        ({"name": 3}, "name"),
        ({"popultion_size": 8}, "did you mean 'population_size'"),
        ({"selection": "truncation"}, "selection"),
        ({"exploration": 0.1}, "exploration"),
        ({"exploration": Mutation(factors=[0.5], sigma=0.1)}, "not both"),
        ({"inheritance": "all"}, "inheritance"),
        ({"exploration_scope": "some"}, "exploration_scope"),
        ({"synchronous": 1}, "synchronous"),
        ({"algorithm": RandomSearch(3)}, "leave out population_size"),
        ({"algorithm": "random"}, "RandomSearch"),
        ({"early_stopping": "median"}, "MedianStopping"),
        ({"initial_population": [{"no": 1.0}]}, "names 'no'"),
        ({"initial_population": [{"lr": "fast"}]}, "initial_population\\[0\\]\\['lr'\\]"),
        ({"initial_population": [3]}, "initial_population\\[0\\]"),
        ({"selection": TTestSelection(significance=1.5)}, "significance"),
        ({"selection": TTestSelection(window=1)}, "window must be at least 2"),
        ({"selection": Custom("mine", configurations=3)}, "configurations"),
        ({"selection": Custom("")}, "plug-in's name"),
        ({"exploration": GaussianProcessExploration(history=1)}, "history"),
        ({"exploration": GaussianProcessExploration(pending=WRONG)}, "pending"),
        ({"exploration": Custom("mine", by=float("nan"))}, "\\['by'\\] must be a finite number"),
        ({"exploration": Custom("mine", at=[{"x": {1: 2}}])}, "\\['at'\\]\\[0\\]\\['x'\\]: an option's name"),
        ({"exploration": Custom("mine", of=object())}, "\\['of'\\] must be None, True"),
        ({"exploration": Custom("mine", seed=2**53 + 1)}, "exact"),
        ({"exploration": Custom("mine", deep=endless())}, "levels deep"),
        ({"fitness": "best"}, "fitness must be one of 'weighted', 'pareto'"),
        ({"fitness": "pareto"}, "at least two metrics"),
        ({"crossover": 0}, "crossover"),
        ({"crossover": 1.5}, "crossover"),
        ({"sub_populations": [8]}, "sub_populations\\[0\\]"),
        ({"sub_populations": [SubPopulation(0, 10)]}, "sub_populations\\[0\\].size"),
        ({"sub_populations": [SubPopulation(8, 0)]}, "sub_populations\\[0\\].steps_per_trial"),
        ({"sub_populations": [SubPopulation(3, 1), SubPopulation(4, 2)]}, "7 members together"),
        ({"migration_interval": 2}, "two sub_populations"),
        ({"control_members": -1}, "control_members"),
        ({"selection": TruncationSelection(spare_improving=cast("bool", 2))}, "spare_improving"),
        ({"algorithm": Hyperband(3), "population_size": LEFT_OUT, "max_steps": 500}, "max_steps"),
        ({"algorithm": GridSearch(0), "population_size": LEFT_OUT}, "points_per_parameter"),
        ({"algorithm": Custom("mine"), "population_size": LEFT_OUT}, "needs configurations"),
        ({"algorithm": GridSearch(3), "crossover": 0.5}, "leave out population_size, crossover"),
        ({"early_stopping": PerformanceCurveStopping(probability=0)}, "probability"),
        ({"early_stopping": Custom("mine", configurations=1)}, "configurations"),
        ({"max_duration": "30s"}, "max_duration must be a number of seconds or a timedelta"),
    ],
)
def test_a_slip_is_an_error_that_names_the_argument(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(**changes)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Double(1, 0), "greater than max"),
        (lambda: Double(0, 1, log=True), "log scale"),
        (lambda: Double(0, float("inf")), "finite"),
        (lambda: Double(TEXT, 1), "finite number"),
        (lambda: Integer(WRONG, 2), "whole number"),
        (lambda: Integer(0, 2**63), "64 bits"),
        (lambda: Discrete([]), "at least one"),
        (lambda: Discrete([2, 1]), "increasing"),
        (lambda: Categorical("relu"), "list"),
        (lambda: Categorical(["a", "a"]), "differ"),
        (lambda: Categorical([WRONG]), "string"),
        (lambda: Double(0, 1, immutable=WRONG), "True or False"),
    ],
)
def test_a_domain_that_cannot_be_is_an_error(make: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        make()


@pytest.mark.parametrize(
    ("kind", "values", "named", "told"),
    [
        (Hyperband, (10,), {"eta": 3}, "'eta'; there are configurations, reduction_factor, asynchronous"),
        (MedianStopping, (), {"grace": 5}, "did you mean 'grace_steps'"),
        (Double, (0, 1), {"imutable": True}, "did you mean 'immutable'"),
        (GridSearch, (), {}, "points_per_parameter"),
        (Maximize, ("a", 1.0, 2.0), {}, "Maximize takes name, weight: too many"),
    ],
)
def test_an_option_names_its_arguments(
    kind: Callable[..., object], values: Sequence[object], named: dict[str, object], told: str
) -> None:
    with pytest.raises(StudyError, match=told):
        kind(*values, **named)


def test_sub_populations_may_say_how_long_sessions_are() -> None:
    parts = [SubPopulation(2, steps_per_trial=40), SubPopulation(2, steps_per_trial=10)]
    spec = Study(
        metrics=[Maximize("a")], parameters={"lr": Double(0, 1)}, max_steps=80, sub_populations=parts
    ).spec()
    assert spec.steps_per_trial == 10
    assert [part.steps_per_trial for part in spec.population_based_training.sub_populations] == [40, 10]
