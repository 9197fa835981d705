import math

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.stopping.median import should_stop
from progenitor_storage.model.spec import Goal, MedianStopping, MetricSpec
from progenitor_storage.model.trial import Measurement

METRICS = (MetricSpec("score", Goal.MAXIMIZE),)
LOSS = (MetricSpec("score", Goal.MINIMIZE),)
finite = st.floats(-1e308, 1e308) | st.sampled_from((0.1, 0.3, 0.7))
curves = st.lists(finite | st.sampled_from((math.nan, math.inf)), min_size=1, max_size=12)
finite_curves = st.lists(finite, min_size=1, max_size=12)


def curve(*values: float) -> list[Measurement]:
    return [Measurement(step, {"score": value}) for step, value in enumerate(values, start=1)]


@given(finite_curves, st.lists(curves, max_size=12))
def test_the_best_is_never_stopped(own: list[float], others: list[list[float]]) -> None:
    best = max(own)
    lesser = [[min(value, best) for value in other] for other in others]
    assert not should_stop(MedianStopping(0, 1), METRICS, curve(*own), [curve(*other) for other in lesser])


@given(curves, st.lists(curves, max_size=12), st.integers(13, 99))
def test_nothing_is_stopped_before_the_grace_steps(
    own: list[float], others: list[list[float]], grace: int
) -> None:
    assert not should_stop(MedianStopping(grace, 1), METRICS, curve(*own), [curve(*o) for o in others])


@given(curves, st.lists(curves, max_size=12))
def test_nothing_is_stopped_with_too_few_others(own: list[float], others: list[list[float]]) -> None:
    stopping = MedianStopping(0, len(others) + 1)
    assert not should_stop(stopping, METRICS, curve(*own), [curve(*other) for other in others])


@given(curves, st.lists(curves, max_size=12))
def test_minimizing_mirrors_maximizing(own: list[float], others: list[list[float]]) -> None:
    mirrored = should_stop(
        MedianStopping(2, 2),
        LOSS,
        curve(*(-v for v in own)),
        [curve(*(-v for v in other)) for other in others],
    )
    assert mirrored == should_stop(MedianStopping(2, 2), METRICS, curve(*own), [curve(*o) for o in others])


def test_the_best_value_is_held_against_the_median_of_averages() -> None:
    others = [curve(0.0, 1.0), curve(1.0, 2.0), curve(2.0, 3.0)]
    stopping = MedianStopping(2, 3)
    assert should_stop(stopping, METRICS, curve(1.4, 0.0), others)
    assert not should_stop(stopping, METRICS, curve(1.5, 0.0), others)
    even = [*others, curve(3.0, 4.0)]
    assert should_stop(stopping, METRICS, curve(1.9, 1.0), even)
    assert not should_stop(stopping, METRICS, curve(2.0, 1.0), even)


def test_others_count_only_up_to_the_same_step() -> None:
    others = [curve(0.0, 100.0)] * 3
    assert not should_stop(MedianStopping(0, 3), METRICS, curve(0.0), others)


def test_a_measurement_without_every_metric_does_not_count() -> None:
    both = (*METRICS, MetricSpec("loss", Goal.MINIMIZE))
    others = [[Measurement(1, {"score": 1.0, "loss": 0.0})]] * 3
    assert not should_stop(MedianStopping(0, 3), both, curve(-9.0), others)
    assert should_stop(MedianStopping(0, 3), both, [Measurement(1, {"score": -9.0, "loss": 0.0})], others)


def test_a_trial_that_measured_nothing_finite_is_worse_than_any() -> None:
    others = [curve(-1e308)] * 3
    assert should_stop(MedianStopping(0, 3), METRICS, curve(math.nan), others)
    assert not should_stop(MedianStopping(0, 3), METRICS, curve(math.nan), [curve(math.nan)] * 3)
    assert not should_stop(MedianStopping(0, 3), METRICS, [], others)
