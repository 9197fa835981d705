"""Laws of truncation where members are equally fit."""

from collections import Counter
from collections.abc import Sequence
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.selection import truncation
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.trial import Candidate

fractions = st.floats(0.05, 0.5)
scores = st.lists(st.integers(-3, 3).map(float), min_size=2, max_size=12)
seeds = st.integers(0, 2**32)


def population(fitnesses: Sequence[float]) -> list[Candidate]:
    return [
        Candidate(number=m + 1, member=m, generation=3, end_step=20, fitness=f)
        for m, f in enumerate(fitnesses)
    ]


def parent(fraction: float, fitnesses: Sequence[float], seed: int, member: int = 0) -> Candidate:
    everyone = population(fitnesses)
    opponents = [candidate for candidate in everyone if candidate.member != member]
    draws = Stream(seed, member, 4, Purpose.SELECTION)
    chosen = truncation.select(fraction, everyone[member], opponents, opponents, draws).parent
    assert chosen is not None
    return chosen


@given(fractions, scores, seeds)
def test_the_parent_is_at_least_as_fit_as_the_initiator(
    fraction: float, fitnesses: list[float], seed: int
) -> None:
    assert parent(fraction, fitnesses, seed).fitness >= fitnesses[0]


@given(fractions, scores, seeds)
def test_who_is_fitter_than_enough_others_goes_on_alone(
    fraction: float, fitnesses: list[float], seed: int
) -> None:
    truncated = min(ceil(len(fitnesses) * fraction - truncation.ROUNDING), len(fitnesses) // 2)
    if sum(fitness < fitnesses[0] for fitness in fitnesses) >= truncated:
        assert parent(fraction, fitnesses, seed).member == 0


@given(fractions, scores, seeds)
def test_with_a_strictly_least_fit_initiator_another_is_copied(
    fraction: float, fitnesses: list[float], seed: int
) -> None:
    assert parent(fraction, [min(fitnesses) - 1.0, *fitnesses], seed).member != 0


@given(fractions, scores, seeds, st.integers(-4, 4))
def test_a_metric_shift_decides_nothing(
    fraction: float, fitnesses: list[float], seed: int, shift: int
) -> None:
    shifted = [fitness + shift for fitness in fitnesses]
    assert parent(fraction, fitnesses, seed).member == parent(fraction, shifted, seed).member


def test_of_equals_as_many_are_truncated_as_the_fraction_says() -> None:
    copied = Counter(parent(0.25, [1.0] * 8, seed).member != 0 for seed in range(4000))
    assert abs(copied[True] / 4000 - 0.25) < 0.03  # four standard errors


def test_two_equals_are_not_stuck() -> None:
    assert {parent(0.2, [1.0, 1.0], seed).member for seed in range(40)} == {0, 1}
