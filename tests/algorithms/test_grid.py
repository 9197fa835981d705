"""Grid search: every combination once, in an order that anybody can follow."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import begin
from progenitor_controller.algorithms.grid import combination, point
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    GridSearch,
    InitialMember,
    IntegerDomain,
    ParameterSpec,
    Scale,
    Value,
    points_of,
)

from .populations import PARAMETERS, SPEC, all_inside, domains, inside

GRID = GridSearch(3)
SEARCH = replace(SPEC, algorithm=GRID)


def points(domain: Domain, asked: int) -> list[Value]:
    count = points_of(domain, asked)
    return [point(domain, place, count) for place in range(count)]


@pytest.mark.parametrize(
    ("domain", "asked", "expected"),
    [
        (DoubleDomain(-1.0, 3.0), 5, [-1.0, 0.0, 1.0, 2.0, 3.0]),
        (DoubleDomain(-1.0, 3.0), 1, [1.0]),
        (DoubleDomain(2.0, 2.0), 5, [2.0]),
        (DoubleDomain(1e-4, 1.0, Scale.LOG), 5, [1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
        (DoubleDomain(1e-4, 1.0, Scale.LOG), 1, [1e-2]),
        (IntegerDomain(-3, 4), 3, [-3, 1, 4]),
        (IntegerDomain(-3, 4), 100, [-3, -2, -1, 0, 1, 2, 3, 4]),
        (IntegerDomain(1, 1000, Scale.LOG), 4, [1, 10, 100, 1000]),
        (IntegerDomain(1, 5, Scale.LOG), 5, [1, 2, 3, 4, 5]),
        (IntegerDomain(-(2**63), 2**63 - 1), 2, [-(2**63), 2**63 - 1]),
        (DiscreteDomain((16.0, 32.0, 48.0)), 2, [16.0, 32.0, 48.0]),
        (CategoricalDomain(("a", "b")), 9, ["a", "b"]),
    ],
)
def test_points_are_evenly_spaced_on_the_scale_of_a_domain(
    domain: Domain, asked: int, expected: list[Value]
) -> None:
    found = points(domain, asked)
    assert found == (pytest.approx(expected) if isinstance(domain, DoubleDomain) else expected)


@given(domains(), st.integers(1, 60))
def test_points_are_of_the_domain_and_integers_are_distinct(domain: Domain, asked: int) -> None:
    found = points(domain, asked)
    assert all(inside(domain, value) for value in found)
    if not isinstance(domain, DoubleDomain):
        assert len(set(found)) == len(found)
    if not isinstance(domain, CategoricalDomain):
        assert found == sorted(found)
    if isinstance(domain, DoubleDomain | IntegerDomain) and len(found) > 1:
        assert (found[0], found[-1]) == (domain.min, domain.max)


def test_members_have_every_combination_in_the_order_of_nested_loops() -> None:
    chosen = [begin(SEARCH, Remembered([]), member).parameters for member in range(SEARCH.places)]
    values = [points(parameter.domain, 3) for parameter in PARAMETERS]
    assert [tuple(each.values()) for each in chosen] == list(product(*values))
    assert list(chosen[0]) == [parameter.name for parameter in PARAMETERS]


@given(st.lists(domains(), max_size=4), st.integers(1, 4), st.data())
def test_any_member_has_one_of_the_combinations(
    chosen: list[Domain], asked: int, data: st.DataObject
) -> None:
    parameters = tuple(ParameterSpec(str(place), domain) for place, domain in enumerate(chosen))
    spec = replace(SEARCH, parameters=parameters, algorithm=GridSearch(asked))
    member = data.draw(st.integers(0, spec.places - 1))
    found = combination(spec, GridSearch(asked), member)
    assert all_inside(parameters, found)


def test_a_given_checkpoint_is_trained_with_the_members_combination() -> None:
    spec = replace(SEARCH, initial_population=(InitialMember({}, "a checkpoint", 7),))
    first = begin(spec, Remembered([]), 0)
    assert first.warm_start
    assert (first.start_step, first.warm_start.uri) == (7, "a checkpoint")
    assert first.parameters == begin(SEARCH, Remembered([]), 0).parameters
