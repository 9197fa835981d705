"""CMA-ES: its distribution is a function of the configurations that have ended."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from progenitor_controller.algorithms import begin
from progenitor_controller.algorithms.configurations import Configuration
from progenitor_controller.algorithms.covariance_matrix_adaptation import drawn, space_of
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.sampling import sample_all
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    Budget,
    CategoricalDomain,
    CovarianceMatrixAdaptation,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    InitialMember,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
    Spec,
)

from .populations import PARAMETERS, SPEC, all_inside, completed, domains
from .searches import search
from .test_bandit import score, valley

slowly = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def adaptation(configurations: int, **changes: object) -> Spec:
    """Each configuration is one session."""
    algorithm = CovarianceMatrixAdaptation(configurations)
    budget = Budget(max_steps=SPEC.steps_per_trial)
    return replace(SPEC, algorithm=algorithm, budget=budget, **changes)  # type: ignore[arg-type]


def random_configurations(
    parameters: Sequence[ParameterSpec], fitness: Sequence[float | None]
) -> list[Configuration]:
    return [
        Configuration(sample_all(parameters, Stream(1, place, 0, Purpose.SAMPLING)), value)
        for place, value in enumerate(fitness)
    ]


any_fitness = st.lists(st.none() | st.floats(-1e300, 1e300) | st.sampled_from([0.0, 1.0]), max_size=40)


@slowly
@given(st.lists(domains(), max_size=5), any_fitness, st.integers(0, 99_999))
@example(
    [IntegerDomain(140_797_693_352_333, 140_797_693_353_332, Scale.LOG)], [], 0
)  # no two apart on its scale
def test_whatever_has_ended_what_is_drawn_is_inside(
    chosen: list[Domain], fitness: list[float | None], member: int
) -> None:
    parameters = tuple(ParameterSpec(str(place), domain) for place, domain in enumerate(chosen))
    assert all_inside(parameters, drawn(1, parameters, random_configurations(parameters, fitness), member))


@slowly
@given(st.lists(st.integers(-9, 9), max_size=40))
def test_only_the_order_of_the_fitness_counts(ranks: list[int]) -> None:
    known = random_configurations(PARAMETERS, [float(rank) for rank in ranks])
    bent = random_configurations(PARAMETERS, [1e9 * exp(rank) - 5 for rank in ranks])
    assert drawn(1, PARAMETERS, known, 7) == drawn(1, PARAMETERS, bent, 7)


def test_without_a_fitness_is_worse_than_any_other() -> None:
    worst = [3.0, 2.0, None, -1e300, 5.0, 4.0, 1.0, 0.0, 2.5]
    least = [3.0, 2.0, float("-inf"), -1e300, 5.0, 4.0, 1.0, 0.0, 2.5]
    found = [drawn(1, PARAMETERS, random_configurations(PARAMETERS, each), 9) for each in (worst, least)]
    assert found[0] == found[1]


def test_each_member_and_each_study_has_a_draw_of_its_own() -> None:
    known = random_configurations(PARAMETERS, [float(n) for n in range(20)])
    draws = [drawn(seed, PARAMETERS, known, member) for seed in (1, 2) for member in range(5)]
    assert len({each["rate"] for each in draws}) == 10
    assert drawn(1, PARAMETERS, known, 3) == draws[3]


def test_a_generation_counts_when_it_is_full_and_nobody_waits_for_that() -> None:
    known = random_configurations(PARAMETERS, [float(n % 7) for n in range(40)])
    first = [drawn(1, PARAMETERS, known[:count], 50) for count in range(40)]
    changes = [count for count in range(1, 40) if first[count] != first[count - 1]]
    size = changes[0]
    assert size == 9, "4 + 3 ln 6"
    assert changes == list(range(size, 40, size))


def test_generations_are_larger_where_there_would_be_very_many() -> None:
    known = random_configurations(PARAMETERS, [float(n % 7) for n in range(40)])
    whole = [drawn(1, PARAMETERS, known[:count], 50, least_size=30) for count in (0, 29, 30, 40)]
    assert whole[0] == whole[1] != whole[2] == whole[3]


@slowly
@given(st.randoms())
def test_the_order_of_reading_changes_nothing(order: Random) -> None:
    spec = adaptation(40)
    trials = search(spec, score, workers=4, most=25)
    shuffled = list(trials)
    order.shuffle(shuffled)
    assert begin(spec, Remembered(shuffled), 25) == begin(spec, Remembered(trials), 25)


@pytest.mark.parametrize(
    "domain",
    [
        DoubleDomain(-4.0, 4.0),
        DoubleDomain(1e-4, 1.0, Scale.LOG),
        IntegerDomain(-50, 50),
        IntegerDomain(1, 1000, Scale.LOG),
        IntegerDomain(1, 10**15, Scale.LOG),
        DiscreteDomain(tuple(float(n) for n in range(30))),
        DiscreteDomain((0.0, 1.0)),
        CategoricalDomain(("a", "b", "c", "d")),
    ],
    ids=str,
)
def test_it_moves_to_where_the_fitter_ones_were(domain: Domain) -> None:
    """The fittest are those near the first bound, or the last category."""
    space = (ParameterSpec("x", domain), ParameterSpec("other", DoubleDomain(0.0, 1.0)))
    encoded = space_of(space)

    def fitness(values: Parameters) -> float:
        if isinstance(domain, CategoricalDomain):
            return float(domain.values.index(str(values["x"])))
        return -float(values["x"])

    known = random_configurations(space, [0.0] * 40)
    known = [Configuration(each.parameters, fitness(each.parameters)) for each in known]
    before = [fitness(drawn(1, space, [], member)) for member in range(60)]
    after = [fitness(drawn(1, space, known, member)) for member in range(60)]
    assert np.mean(after) > np.mean(before)
    assert encoded.parameters == space


def test_a_space_of_single_values_has_one_configuration() -> None:
    space = (
        ParameterSpec("a", DoubleDomain(2.0, 2.0)),
        ParameterSpec("b", IntegerDomain(3, 3)),
        ParameterSpec("c", DiscreteDomain((4.0,))),
        ParameterSpec("d", CategoricalDomain(("e",))),
    )
    known = random_configurations(space, [1.0] * 20)
    assert drawn(1, space, known, 3) == {"a": 2.0, "b": 3, "c": 4.0, "d": "e"}


def test_what_is_given_is_kept() -> None:
    spec = adaptation(20, initial_population=(InitialMember({"layers": 2}),))
    found = begin(spec, Remembered([]), 0).parameters
    assert found["layers"] == 2
    rest = begin(adaptation(20), Remembered([]), 0).parameters
    assert {**rest, "layers": 2} == found


def test_a_search_that_never_has_a_fitness_comes_to_its_end() -> None:
    spec = adaptation(20)
    trials = search(spec, lambda _: None)
    assert len(trials) == 20
    assert all(all_inside(PARAMETERS, trial.parameters) for trial in trials)


def test_it_finds_more_than_random_search() -> None:
    best = [max(score(t) for t in search(adaptation(60, seed=seed), score, 4)) for seed in range(6)]
    by_chance = [
        max(valley(sample_all(PARAMETERS, Stream(seed, n, 0, Purpose.SAMPLING))) for n in range(60))
        for seed in range(6)
    ]
    assert np.mean(best) > np.mean(by_chance)


def test_configurations_that_end_together_are_told_in_the_order_in_which_they_did() -> None:
    spec = adaptation(40)
    trials = search(spec, score, most=9)
    renumbered = [replace(trial, number=10 - trial.number) for trial in trials]
    told = [completed(trial, trial.number, trial.fitness) for trial in renumbered]
    assert begin(spec, Remembered(told), 9).parameters == begin(spec, Remembered(trials), 9).parameters, (
        "within a generation the order is that of the fitness"
    )
