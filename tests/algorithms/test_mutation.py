from fractions import Fraction
from itertools import pairwise
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.mutation import mutate, mutate_all
from progenitor_controller.algorithms.sampling import sample
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    Factors,
    IntegerDomain,
    Mutation,
    Scale,
    Sigma,
    Value,
)

from .populations import INT64, PARAMETERS, all_inside, domains, inside, mutations, values_of

seeds = st.integers(0, INT64 - 1)
FACTORS_ALONE = Mutation(Factors((0.8, 1.2)), resample_probability=0.0, mutation_probability=1.0)
UP = Mutation(Factors((1.2,)), resample_probability=0.0, mutation_probability=1.0)
DOWN = Mutation(Factors((0.8,)), resample_probability=0.0, mutation_probability=1.0)
RESAMPLED = Mutation(Factors((0.8, 1.2)), resample_probability=1.0, mutation_probability=1.0)
NEVER = Mutation(Factors((0.8, 1.2)), resample_probability=1.0, mutation_probability=0.0)


def stream(seed: int = 0) -> Stream:
    return Stream(seed, 0, 0, Purpose.EXPLORATION)


def walk(mutation: Mutation, domain: Domain, value: Value, steps: int, seed: int = 0) -> list[Value]:
    draws = stream(seed)
    visited = [value]
    for _ in range(steps):
        visited.append(mutate(mutation, domain, visited[-1], draws))
    return visited


@given(domains(), seeds)
def test_a_sampled_value_is_in_its_domain_and_of_its_type(domain: Domain, seed: int) -> None:
    assert inside(domain, sample(domain, stream(seed)))


@given(st.data(), domains(), mutations(), seeds)
def test_a_mutated_value_is_in_its_domain_and_of_its_type(
    data: st.DataObject, domain: Domain, mutation: Mutation, seed: int
) -> None:
    value = data.draw(values_of(domain))
    assert inside(domain, mutate(mutation, domain, value, stream(seed)))


@given(seeds)
def test_nine_tenths_never_leaves_its_bound(seed: int) -> None:
    assert all(inside(DoubleDomain(0.1, 0.9), x) for x in walk(UP, DoubleDomain(0.1, 0.9), 0.9, 5, seed))
    assert walk(UP, DoubleDomain(0.1, 0.9), 0.9, 5, seed) == [0.9] * 6


@pytest.mark.parametrize("value", [1, 2, 3, -1, -2])
@pytest.mark.parametrize("mutation", [UP, DOWN])
def test_small_integers_move(value: int, mutation: Mutation) -> None:
    assert mutate(mutation, IntegerDomain(-10, 10), value, stream()) != value


@given(st.data(), seeds)
def test_an_integer_stays_only_at_the_bound_that_it_is_pushed_against(data: st.DataObject, seed: int) -> None:
    low, high = sorted(data.draw(st.tuples(*[st.integers(-INT64, INT64 - 1)] * 2)))
    value = data.draw(st.integers(low, high) | st.sampled_from((low, high)))
    moved = mutate(FACTORS_ALONE, IntegerDomain(low, high), value, stream(seed))
    assert moved != value or value in (low, high)


@pytest.mark.parametrize("scale", list(Scale))
def test_integers_at_the_extremes_of_int64_move_exactly(scale: Scale) -> None:
    domain = IntegerDomain(1, INT64 - 1, scale)
    assert mutate(DOWN, domain, INT64 - 1, stream()) == round((INT64 - 1) * Fraction(0.8))
    assert mutate(UP, domain, INT64 - 2, stream()) == INT64 - 1
    close = Mutation(Factors((1.0 + 2**-52,)), 0.0, 1.0)
    assert mutate(close, domain, 2**53 + 1, stream()) == 2**53 + 3


def test_factors_multiply_on_either_scale() -> None:
    for scale in Scale:
        moved = walk(FACTORS_ALONE, DoubleDomain(1e-6, 1.0, scale), 0.01, 200)
        ratios = {round(after / before, 9) for before, after in pairwise(moved) if 1e-6 < after < 1.0}  # type: ignore[operator]  # doubles
        assert ratios == {0.8, 1.2}


def test_a_factor_above_one_moves_a_negative_number_down() -> None:
    assert mutate(UP, DoubleDomain(-10.0, -1.0), -5.0, stream()) == -6.0
    assert mutate(UP, IntegerDomain(-100, -1), -50, stream()) == -60
    assert mutate(DOWN, IntegerDomain(-100, -1), -2, stream()) == -1


@pytest.mark.parametrize(
    "domain",
    [
        DoubleDomain(0.0, 1.0),
        DoubleDomain(-1.0, 0.0),
        DoubleDomain(-1.0, 1.0),
        IntegerDomain(0, 9),
        IntegerDomain(-9, 0),
    ],
)
def test_zero_can_leave_zero(domain: Domain) -> None:
    start: Value = 0.0 if isinstance(domain, DoubleDomain) else 0
    assert mutate(UP, domain, start, stream()) != 0
    assert len({*walk(FACTORS_ALONE, domain, start, 100)}) > 3


def test_a_number_can_cross_zero() -> None:
    for domain, start in ((DoubleDomain(-1.0, 1.0), 0.001), (IntegerDomain(-50, 50), 2)):
        visited = walk(FACTORS_ALONE, domain, start, 1000)
        assert min(visited) < 0 < max(visited)  # type: ignore[operator]  # numbers


@given(st.data(), seeds)
def test_a_discrete_value_moves_to_a_neighbour_without_wrapping(data: st.DataObject, seed: int) -> None:
    values = tuple(sorted(data.draw(st.sets(st.floats(-1e6, 1e6), min_size=2, max_size=7))))
    place = data.draw(st.integers(0, len(values) - 1))
    moved = mutate(FACTORS_ALONE, DiscreteDomain(values), values[place], stream(seed))
    assert abs(values.index(moved) - place) == 1


def test_a_discrete_value_without_neighbours_stays() -> None:
    assert mutate(FACTORS_ALONE, DiscreteDomain((3.0,)), 3.0, stream()) == 3.0


@given(seeds)
def test_a_categorical_value_is_only_ever_resampled(seed: int) -> None:
    domain = CategoricalDomain(("a", "b", "c"))
    assert mutate(FACTORS_ALONE, domain, "b", stream(seed)) == "b"
    assert {*walk(RESAMPLED, domain, "b", 60, seed)} == {"a", "b", "c"}


@given(st.data(), domains(), seeds)
def test_mutation_probability_zero_changes_nothing(data: st.DataObject, domain: Domain, seed: int) -> None:
    value = data.draw(values_of(domain))
    assert mutate(NEVER, domain, value, stream(seed)) == value


def test_probabilities_are_of_each_parameter() -> None:
    half = Mutation(Factors((0.8, 1.2)), resample_probability=0.0, mutation_probability=0.5)
    moved = walk(half, DoubleDomain(1e-300, 1e300, Scale.LOG), 1.0, 2000)
    stayed = sum(before == after for before, after in pairwise(moved))
    assert 900 < stayed < 1100


def test_sigma_is_in_widths_of_the_domain_on_its_scale() -> None:
    sigma = Mutation(Sigma(0.01), resample_probability=0.0, mutation_probability=1.0)
    linear = [mutate(sigma, DoubleDomain(0.0, 10.0), 5.0, stream(n)) for n in range(2000)]
    spread = pstdev(float(x) for x in linear)
    assert spread == pytest.approx(0.1, rel=0.1)
    logarithmic = [
        mutate(sigma, DoubleDomain(1.0, 10.0**10, Scale.LOG), 10.0**5, stream(n)) for n in range(2000)
    ]
    above = sum(float(x) > 10.0**5.1 for x in logarithmic)
    assert above / 2000 == pytest.approx(0.159, abs=0.03)


def test_sampling_is_uniform_on_its_scale() -> None:
    draws = stream()
    half = sum(sample(DoubleDomain(1e-4, 1.0, Scale.LOG), draws) < 1e-2 for _ in range(4000))  # type: ignore[operator]  # doubles
    assert half / 4000 == pytest.approx(0.5, abs=0.03)
    ones = sum(sample(IntegerDomain(1, 2, Scale.LOG), draws) == 1 for _ in range(4000))
    # log(1.5 / 0.5) / log(2.5 / 0.5)
    assert ones / 4000 == pytest.approx(0.683, abs=0.03)


@given(seeds, mutations())
def test_immutable_parameters_are_never_mutated(seed: int, mutation: Mutation) -> None:
    draws = stream(seed)
    before = {p.name: sample(p.domain, draws) for p in PARAMETERS}
    after = mutate_all(mutation, PARAMETERS, before, draws)
    assert all_inside(PARAMETERS, after)
    assert after["width"] == before["width"]


def test_a_value_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="'five' is not a value"):
        mutate(FACTORS_ALONE, IntegerDomain(1, 9), "five", stream())
