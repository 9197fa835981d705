"""The axis of a metric: what it shows of values of any size."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from progenitor_cli.plot.value_axis import value_axis

FINITE = st.floats(allow_nan=False, allow_infinity=False)
DRAWABLE = st.floats(min_value=-1e99, max_value=1e99)


@settings(deadline=None)
@given(values=st.lists(FINITE), kept=st.lists(DRAWABLE, max_size=5), minimized=st.booleans())
def test_what_is_kept_is_shown_and_the_rest_is_shown_or_counted(
    values: list[float], kept: list[float], *, minimized: bool
) -> None:
    axis = value_axis(values, kept, minimized=minimized)
    assert math.isfinite(axis.low)
    assert math.isfinite(axis.high)
    assert axis.low < axis.high
    assert all(axis.low <= value <= axis.high for value in kept)
    assert sum(not axis.low <= value <= axis.high for value in values) <= axis.outside <= len(values)


@settings(deadline=None)
@given(values=st.lists(FINITE, min_size=1), minimized=st.booleans())
def test_any_axis_can_be_drawn(values: list[float], *, minimized: bool) -> None:
    axes = Figure().add_subplot()
    axis = value_axis(values, [], minimized=minimized)
    axis.apply(axes)
    assert axes.get_ylim() == pytest.approx((axis.low, axis.high))


def test_one_diverged_loss_flattens_nothing() -> None:
    losses = [*np.linspace(0.1, 0.9, 50), 1e30]
    axis = value_axis(losses, [0.1], minimized=True)
    assert axis.high < 2.0
    assert axis.outside == 1
    assert axis.nearest(1e30) == axis.high


def test_losses_over_decades_are_on_a_logarithmic_axis() -> None:
    losses = [10.0**-n for n in range(6)]
    assert value_axis(losses, losses, minimized=True).scale.name == "log"
    assert value_axis(losses, losses, minimized=False).scale.name == "linear"


def test_scores_of_both_signs_over_decades_are_on_a_symmetric_logarithmic_axis() -> None:
    scores = [sign * 10.0**n for n in range(-1, 7) for sign in (-1, 1)]
    scores += [0.5] * 20
    assert value_axis(scores, [1e6], minimized=False).scale.name == "symlog"


def test_equal_values_have_room_around_them() -> None:
    axis = value_axis([0.5] * 10, [0.5], minimized=False)
    assert axis.low < 0.5 < axis.high
    assert axis.outside == 0
