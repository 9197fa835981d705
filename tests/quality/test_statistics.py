"""Means and differences of them."""

from math import inf, isnan

import pytest
from benchmarks.quality.evidence import Evidence, first_at
from benchmarks.quality.jobs import CURVE_POINTS, Job, Result
from benchmarks.quality.statistics import Mean, difference, mean_of, median
from benchmarks.quality.tables import shown


def test_the_standard_error_is_that_of_the_mean() -> None:
    assert mean_of([1.0, 3.0]) == Mean(2.0, 1.0, 2)
    assert mean_of([1.0]).error == inf
    assert isnan(mean_of([]).value)


def test_a_difference_is_in_its_standard_errors() -> None:
    assert difference(Mean(5.0, 3.0, 9), Mean(0.0, 4.0, 9)) == 1.0
    assert difference(Mean(1.0, 0.0, 9), Mean(1.0, 0.0, 9)) == 0.0
    assert difference(Mean(1.0, 0.0, 9), Mean(2.0, 0.0, 9)) == -inf


def test_who_never_comes_to_the_target_counts_in_the_median() -> None:
    assert first_at((None, 0.5, 1.0), 1.0) == 3 / CURVE_POINTS
    assert first_at((None, 0.5), 1.0) == inf
    assert median([0.2, inf, inf]) == inf


def test_results_that_are_errors_are_no_evidence() -> None:
    good, bad = Job(0, "digits", "default"), Job(1, "digits", "default")
    evidence = Evidence({good: Result(good, 1.0, 1.0, (), 0.1), bad: Result(bad, 0.0, 0.0, (), 0.1, "no")})
    assert evidence.mean("digits", "default").value == 1.0


@pytest.mark.parametrize(
    ("mean", "told"),
    [
        (Mean(0.65432, 0.0123, 9), "0.654 ± 0.012"),
        (Mean(546.2, 14.3, 9), "546 ± 14"),
        (Mean(1.5, inf, 1), "1.5"),
        (Mean(0.0, 0.0, 0), "–"),
    ],
)
def test_a_mean_is_shown_with_two_digits_of_its_error(mean: Mean, told: str) -> None:
    assert shown(mean) == told
