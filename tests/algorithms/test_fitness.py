import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import fitness
from progenitor_storage.model.spec import Goal, MetricSpec

LOSS = MetricSpec("loss", Goal.MINIMIZE, 2.0)
SCORE = MetricSpec("score", Goal.MAXIMIZE, 0.5)


def test_fitness_is_the_weighted_sum_with_minimized_metrics_negated() -> None:
    assert fitness((LOSS, SCORE), {"loss": 3.0, "score": 4.0, "other": math.nan}) == -4.0


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(0.0, 10.0))
def test_minimizing_mirrors_maximizing(value: float, weight: float) -> None:
    up = fitness((MetricSpec("m", Goal.MAXIMIZE, weight),), {"m": -value})
    assert fitness((MetricSpec("m", Goal.MINIMIZE, weight),), {"m": value}) == up


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("weight", [0.0, 1.0])
@pytest.mark.parametrize("goal", list(Goal))
def test_a_value_that_is_not_finite_has_no_fitness(value: float, weight: float, goal: Goal) -> None:
    assert fitness((SCORE, MetricSpec("m", goal, weight)), {"score": 1.0, "m": value}) is None


def test_an_overflow_has_no_fitness() -> None:
    assert fitness((LOSS,), {"loss": 1e308}) is None


def test_a_missing_metric_is_an_error() -> None:
    with pytest.raises(KeyError, match="score"):
        fitness((LOSS, SCORE), {"loss": 1.0})
