"""Which category is tried: the bandit of PB2-Mix."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.models.category_bandit import UNIFORM_SHARE, drawn, probabilities
from progenitor_controller.algorithms.streams import Purpose, Stream

WANTED = np.array([0.7, 0.1, 0.1, 0.1])


def stream(seed: int) -> Stream:
    return Stream(seed, 0, 0, Purpose.EXPLORATION)


def test_a_better_category_becomes_likelier_and_a_change_is_followed() -> None:
    first = [[(0, 0.9), (1, 0.1), (2, 0.1)]] * 40
    after = probabilities(3, first)
    assert after.argmax() == 0
    assert after.sum() == pytest.approx(1.0)
    assert probabilities(3, [*first, *([[(0, 0.1), (1, 0.1), (2, 0.9)]] * 60)]).argmax() == 2
    assert probabilities(3, []).tolist() == pytest.approx([1 / 3] * 3)


def test_what_was_bad_for_long_comes_back_in_less_time() -> None:
    bad, good = [[(0, 1.0), (1, 0.0)]], [[(0, 0.0), (1, 1.0)]]
    assert probabilities(2, bad * 1000 + good * 50).argmax() == 1


@given(
    st.integers(1, 5).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(
                st.lists(st.tuples(st.integers(0, count - 1), st.floats(0, 1)), max_size=300), max_size=30
            ),
        )
    )
)
def test_no_category_is_ever_given_up(rounds_of: tuple[int, list[list[tuple[int, float]]]]) -> None:
    count, rounds = rounds_of
    chances = probabilities(count, [*rounds, *[[(0, 1.0)] * 20] * 20])  # the first one is all but certain
    assert chances.sum() == pytest.approx(1.0)
    assert (chances >= UNIFORM_SHARE / count * 0.999).all()


@given(st.integers(2, 5), st.integers(1, 40))
def test_what_was_neither_good_nor_bad_is_as_likely_as_what_nobody_had(count: int, trials: int) -> None:
    chances = probabilities(count, [[(0, 0.5)] * trials] * 10)
    assert chances.tolist() == pytest.approx([1 / count] * count)


def test_a_category_is_judged_by_the_mean_of_those_that_had_it_not_by_how_many_they_were() -> None:
    chances = probabilities(3, [[(0, 0.8), *[(1, 0.8)] * 5, (2, 0.2)]] * 5)
    assert chances[0] == pytest.approx(chances[1])
    assert chances[0] > chances[2]


def test_more_trials_of_a_round_say_more() -> None:
    few, many = (probabilities(2, [[(0, 1.0), (1, 0.0)] * trials]) for trials in (1, 6))
    assert many[0] > few[0] > 0.5


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(0, 1000))
def test_what_is_being_tried_more_than_wanted_is_not_drawn(pending: list[int], seed: int) -> None:
    chosen = drawn(WANTED, pending, stream(seed))
    assert pending.count(chosen) < (len(pending) + 1) * WANTED[chosen]


@pytest.mark.parametrize("pending", [[], [0], [0, 1]])
def test_a_category_is_drawn_in_proportion_to_what_it_lacks(pending: list[int]) -> None:
    counts = Counter(drawn(WANTED, pending, stream(seed)) for seed in range(2000))
    lacking = np.maximum((len(pending) + 1) * WANTED - np.bincount(pending, minlength=4), 0.0)
    shares = [counts[category] / 2000 for category in range(4)]
    assert shares == pytest.approx(lacking / lacking.sum(), abs=0.045)  # four standard errors
