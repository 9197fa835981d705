"""A study as a training file describes it."""

from datetime import timedelta
from typing import Any

import pytest

from progenitor import (
    BinaryTournamentSelection,
    Categorical,
    Discrete,
    Double,
    InitialMember,
    InitiatorSelection,
    Integer,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    NoSelection,
    RandomSearch,
    Study,
    TruncationSelection,
)
from progenitor.v1 import study_pb2
from progenitor_worker.domains import StudyError


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
        (BinaryTournamentSelection(), "binary_tournament"),
        (NoSelection(), "no_selection"),
    ],
)
def test_every_selection_reaches_the_specification(selection: object, field: str) -> None:
    population = study(selection=selection, exploration=NoExploration()).spec().population_based_training
    assert population.WhichOneof("selection") == field
    assert population.WhichOneof("exploration") == "no_exploration"


def test_a_random_search_has_configurations_and_no_population() -> None:
    searched = study(algorithm=RandomSearch(5), population_size=LEFT_OUT)
    assert searched.spec().random_search.configurations == searched.places == 5


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
