"""Laws of the performance curve rule, and what it saves on curves whose end is known."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from progenitor_controller.algorithms.stopping import should_stop
from progenitor_storage.model.spec import Goal, MedianStopping, MetricSpec, PerformanceCurveStopping
from progenitor_storage.model.trial import Measurement

METRICS = (MetricSpec("score", Goal.MAXIMIZE),)
LOSS = (MetricSpec("score", Goal.MINIMIZE),)
STOPPING = PerformanceCurveStopping(grace_steps=0, probability=0.05, min_trials=1)
END = 12
"""The final step; all curves of the strategies are measured at 1, 2, 3, … up to it at most."""

Values = list[float]
Array = NDArray[np.float64]

any_value = st.floats(-1e308, 1e308) | st.sampled_from((0.0, 1.0, 0.1, math.nan, math.inf, -math.inf, 5e-324))
finite_value = st.floats(-1e308, 1e308) | st.sampled_from((0.0, 1.0, 0.1, 5e-324))
whole = st.integers(-1000, 1000).map(float)


def partial(values: st.SearchStrategy[float]) -> st.SearchStrategy[Values]:
    return st.lists(values, min_size=1, max_size=END - 1)


def finished(values: st.SearchStrategy[float], most: int = 12) -> st.SearchStrategy[list[Values]]:
    return st.lists(st.lists(values, min_size=END, max_size=END), max_size=most)


def curve(values: Sequence[float]) -> list[Measurement]:
    return [Measurement(step, {"score": value}) for step, value in enumerate(values, start=1)]


def stops(
    own: Sequence[float],
    others: Sequence[Sequence[float]],
    stopping: PerformanceCurveStopping = STOPPING,
    metrics: Sequence[MetricSpec] = METRICS,
) -> bool:
    return should_stop(stopping, metrics, curve(own), [curve(other) for other in others], END)


RISING = [[j * 0.1 * s for s in range(1, END + 1)] for j in range(1, 9)]
"""Eight trials that rise ever faster, in straight lines."""


@given(partial(any_value), finished(any_value), st.floats(0.001, 0.999))
def test_any_values_lead_to_a_decision(own: Values, others: list[Values], probability: float) -> None:
    stops(own, others, PerformanceCurveStopping(0, probability, 1))


@given(partial(finite_value), finished(finite_value))
def test_one_that_has_reached_the_best_final_value_is_never_stopped(
    own: Values, others: list[Values]
) -> None:
    bounded = [[*other[:-1], min(other[-1], max(own))] for other in others]
    assert not stops(own, bounded, PerformanceCurveStopping(0, 0.999, 1))


@given(partial(finite_value), finished(finite_value))
def test_the_best_by_now_is_never_stopped(own: Values, others: list[Values]) -> None:
    now = len(own)
    bounded = [[*(min(value, max(own)) for value in other[:now]), *other[now:]] for other in others]
    assert not stops(own, bounded, PerformanceCurveStopping(0, 0.999, 1))


@given(partial(any_value), finished(any_value), st.integers(END, 99))
def test_nothing_is_stopped_before_the_grace_steps(own: Values, others: list[Values], grace: int) -> None:
    assert not stops(own, others, PerformanceCurveStopping(grace, 0.999, 1))


@given(partial(any_value), finished(any_value))
def test_nothing_is_stopped_with_too_few_others(own: Values, others: list[Values]) -> None:
    assert not stops(own, others, PerformanceCurveStopping(0, 0.999, len(others) + 1))


@given(partial(any_value), finished(any_value), st.integers(0, END - 1))
def test_others_without_a_value_at_the_final_step_do_not_count(
    own: Values, others: list[Values], length: int
) -> None:
    assert not stops(own, [other[:length] for other in others], PerformanceCurveStopping(0, 0.999, 1))


@given(st.lists(any_value, min_size=END, max_size=END), finished(any_value))
def test_nothing_is_stopped_that_has_no_steps_left(own: Values, others: list[Values]) -> None:
    assert not stops(own, others, PerformanceCurveStopping(0, 0.999, 1))


@given(partial(any_value), finished(any_value))
def test_minimizing_mirrors_maximizing(own: Values, others: list[Values]) -> None:
    mirrored = stops([-v for v in own], [[-v for v in o] for o in others], metrics=LOSS)
    assert mirrored == stops(own, others)


@given(partial(whole), finished(whole), st.integers(-(2**20), 2**20), st.integers(-40, 40))
def test_neither_the_metrics_unit_nor_its_origin_counts(
    own: Values, others: list[Values], shift: int, scale: int
) -> None:
    # Whole numbers and powers of two: nothing is rounded.
    def moved(values: Values) -> Values:
        return [(value + shift) * 2.0**scale for value in values]

    assert stops(moved(own), [moved(other) for other in others]) == stops(own, others)


@given(partial(finite_value), finished(finite_value), st.randoms(use_true_random=False))
def test_the_order_of_reading_changes_nothing(own: Values, others: list[Values], random: object) -> None:
    shuffled = list(others)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert stops(own, others) == stops(own, shuffled)


@given(partial(whole), finished(whole))
def test_a_greater_probability_stops_no_less(own: Values, others: list[Values]) -> None:
    less, more = (stops(own, others, PerformanceCurveStopping(0, p, 1)) for p in (0.2, 0.8))
    assert more or not less


@given(partial(whole), finished(whole, most=6), st.integers(1, END - 1))
def test_what_is_not_finite_is_as_if_it_had_not_been_measured(
    own: Values, others: list[Values], hole: int
) -> None:
    assume(len(own) > hole)
    with_hole = [*own[:hole], math.nan, *own[hole + 1 :]]
    without = [m for m in curve(with_hole) if not math.isnan(m.metrics["score"])]
    assume(without[-1].step == len(own))
    seen = [curve(other) for other in others]
    assert stops(with_hole, others) == should_stop(STOPPING, METRICS, without, seen, END)


def test_one_that_has_measured_nothing_finite_is_stopped_if_others_did_better() -> None:
    assert stops([math.nan, math.inf], RISING)
    assert not stops([math.nan], [[math.nan] * END] * 8)
    assert not stops([], RISING)


def test_a_measurement_without_every_metric_does_not_count() -> None:
    both = (*METRICS, MetricSpec("loss", Goal.MINIMIZE))
    others = [
        [Measurement(m.step, {"loss": 0.0, **m.metrics}) for m in curve([v - 8.0 for v in line])]
        for line in RISING
    ]
    assert not should_stop(STOPPING, both, curve([-9.0] * 6), others, END)
    own = [Measurement(step, {"score": -9.0, "loss": 0.0}) for step in range(1, 7)]
    assert should_stop(STOPPING, both, own, others, END)


@pytest.mark.parametrize("gap", [1e-6, 1.0, 1e6])
def test_one_that_stands_still_below_others_that_stood_still_is_stopped(gap: float) -> None:
    assert stops([-gap] * 6, [[0.0] * END] * 12)


def test_a_curve_that_others_like_it_rose_from_goes_on_and_one_that_they_stayed_low_from_does_not() -> None:
    late = [[0.0] * 6 + [j * 0.01 * s for s in range(1, 7)] for j in range(95, 105)]
    flat = [[0.01 * j] + [0.5 + 0.01 * j] * 11 for j in range(10)]
    assert not stops([0.001] * 6, [*late, *flat])
    assert stops([0.05] + [0.55] * 5, [*late, *flat])


Family = Callable[[np.random.Generator, int, Array], Array]


def saturating(random: np.random.Generator, count: int, time: Array) -> Array:
    level, rise = random.normal(0.0, 1.0, (count, 1)), 1.0 + random.random((count, 1))
    pace = np.exp(random.normal(math.log(0.25), 0.5, (count, 1)))
    return level - rise * np.exp(-time / pace) + random.normal(0.0, 0.02, (count, len(time)))


def power_laws(random: np.random.Generator, count: int, time: Array) -> Array:
    level, power = random.normal(0.0, 0.3, (count, 1)), random.uniform(0.2, 1.5, (count, 1))
    return level - (20.0 * time) ** -power + random.normal(0.0, 0.02, (count, len(time)))


def noisy(random: np.random.Generator, count: int, time: Array) -> Array:
    level = random.normal(0.0, 1.0, (count, 1))
    return level - np.exp(-4.0 * time) + random.normal(0.0, 0.3, (count, len(time)))


def fast_ones_end_low(random: np.random.Generator, count: int, time: Array) -> Array:
    pace = random.uniform(0.0, 1.0, (count, 1))
    rise = 1.0 - np.exp(-time * (1.0 + 12.0 * pace))
    return (1.0 - pace) * rise + random.normal(0.0, 0.02, (count, len(time)))


def search(
    rule: MedianStopping | PerformanceCurveStopping,
    family: Family,
    steps: int = 20,
    count: int = 40,
    searches: int = 15,
) -> tuple[float, float]:
    """What part of the steps the rule saves, and how far the best found stays below the best there is.

    Configurations are trained one after the other. The latter in standard deviations of their final values.
    """
    trained, missed = 0, 0.0
    random = np.random.default_rng(5)
    for _ in range(searches):
        curves = family(random, count, np.arange(1, steps + 1) / steps)
        done: list[list[Measurement]] = []
        for measured in map(curve, curves.tolist()):
            looks = range(4, steps, 2)
            stop = next((s for s in looks if should_stop(rule, METRICS, measured[:s], done, steps)), steps)
            trained += stop
            if stop == steps:
                done.append(measured)
        found = max(finished_one[-1].metrics["score"] for finished_one in done)
        missed += (curves[:, -1].max() - found) / curves[:, -1].std()
    return 1.0 - trained / (steps * count * searches), missed / searches


@pytest.mark.parametrize("family", [saturating, power_laws, noisy, fast_ones_end_low])
def test_a_search_saves_more_steps_than_by_the_median_and_its_best_suffers_no_more(family: Family) -> None:
    saved, missed = search(PerformanceCurveStopping(4, 0.01, 5), family)
    saved_by_median, missed_by_median = search(MedianStopping(4, 5), family)
    assert saved >= max(saved_by_median, 0.4)
    assert missed <= missed_by_median + 0.01
