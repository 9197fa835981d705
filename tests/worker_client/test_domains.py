"""Hyperparameters as a training file names them, and their way over the wire and back."""

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor import (
    Categorical,
    Discrete,
    Double,
    InitialMember,
    Integer,
    Maximize,
    Mutation,
    RandomSearch,
    Study,
    TruncationSelection,
)
from progenitor.v1 import study_pb2 as pb
from progenitor_worker.arguments import INT64_MAX, StudyError
from progenitor_worker.domains import Domain
from progenitor_worker.values import parameter_from_wire

DOUBLE = Double(-1e308, 1e300)
INTEGER = Integer(-(2**63), INT64_MAX)


def over_the_wire(domain: Domain, value: object) -> float | int | str:
    sent = domain.to_value("x", value).SerializeToString()
    return parameter_from_wire(pb.ParameterValue.FromString(sent))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back_bit_for_bit(value: float) -> None:
    back = over_the_wire(DOUBLE, value)
    assert (back, math.copysign(1, float(back))) == (value, math.copysign(1, value))


@given(st.integers(-(2**63), INT64_MAX))
def test_an_integer_comes_back_as_an_int(value: int) -> None:
    back = over_the_wire(INTEGER, value)
    assert (type(back), back) == (int, value)


@given(st.text())
def test_a_category_comes_back_as_it_was(value: str) -> None:
    assert over_the_wire(Categorical(["a"]), value) == value


def test_a_discrete_value_is_a_float() -> None:
    back = over_the_wire(Discrete([16, 32]), 16)
    assert (type(back), back) == (float, 16.0)


def test_numbers_of_other_libraries_are_numbers() -> None:
    """numpy registers its own as Real and Integral, as Fraction does."""
    spec = Double(Fraction(1, 4), Fraction(1, 2)).to_spec("x")  # type: ignore[arg-type]  # as numpy's
    assert (spec.double_domain.min, spec.double_domain.max) == (0.25, 0.5)


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), 10**400, 1j])
def test_what_is_not_a_finite_number_is_refused(value: Any) -> None:
    with pytest.raises(StudyError, match="finite number"):
        DOUBLE.to_value("x", value)


@pytest.mark.parametrize("value", [True, "1", None, 1.5, 2**63, -(2**63) - 1])
def test_what_is_not_a_whole_number_of_64_bits_is_refused(value: Any) -> None:
    with pytest.raises(StudyError, match=r"whole number|64 bits"):
        INTEGER.to_value("x", value)


def study(**changes: Any) -> Study:
    arguments: dict[str, Any] = {
        "metrics": [Maximize("accuracy")],
        "parameters": {"lr": Double(0, 1)},
        "population_size": 4,
        "steps_per_trial": 5,
        "max_steps": 10,
    }
    return Study(**(arguments | changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"selection": TruncationSelection(0)}, "fraction must be greater than 0"),
        ({"exploration": Mutation(factors=[])}, "at least one"),
        ({"exploration": Mutation(factors=[0])}, "greater than 0"),
        ({"exploration": Mutation(sigma=0)}, "sigma must be greater than 0"),
    ],
)
def test_a_zero_that_would_mean_the_default_on_the_wire_is_refused(changes: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(**changes)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exploration": Mutation(factors=0.8)}, "factors=…. must be a list"),  # type: ignore[arg-type]  # a slip
        ({"initial_population": 3}, "initial_population must be a list"),
        ({"initial_population": {"lr": 0.1}}, "initial_population must be a list"),
        ({"initial_population": [InitialMember([1])]}, "parameters must be a dict"),  # type: ignore[arg-type]  # a slip
        ({"inheritance": ["weights"]}, "inheritance must be one of"),
        ({"population_size": 2**31}, "population_size must be at most"),
        ({"population_size": None, "algorithm": RandomSearch(2**31)}, "configurations must be at most"),
        ({"max_duration": 1e300}, "10,000 years"),
        ({"max_duration": 1e-12}, "more than 0 seconds"),
    ],
)
def test_a_slip_never_ends_in_an_error_of_python_or_protobuf(changes: Any, told: str) -> None:
    with pytest.raises(StudyError, match=told):
        study(**changes)


def test_equal_studies_have_equal_bytes_whatever_the_order_in_which_initial_values_are_given() -> None:
    values = {f"p{number}": 0.5 for number in range(20)}
    parameters = {name: Double(0, 1) for name in values}
    backwards = dict(reversed(values.items()))
    assert json.dumps(values) != json.dumps(backwards)
    one, other = (
        study(parameters=parameters, initial_population=[given]).spec().SerializeToString(deterministic=True)
        for given in (values, backwards)
    )
    assert one == other
