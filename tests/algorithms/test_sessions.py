"""Training sessions as a model of gains sees them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.models.encoding import Encoding
from progenitor_controller.algorithms.models.sessions import Sessions, sessions_of
from progenitor_storage.model.trial import Observation

from .observations import X

COMING = Observation(0, 0, 0, None, {"x": 0.5}, 20, 30, 3.0, None)


def session(start: int, end: int, start_fitness: float | None, fitness: float | None = None) -> Observation:
    return replace(COMING, start_step=start, end_step=end, start_fitness=start_fitness, fitness=fitness)


def seen(
    completed: Sequence[Observation], running: Sequence[Observation] = (), coming: Observation = COMING
) -> Sessions:
    return sessions_of(Encoding((X,)), completed, running, coming)


def test_a_gain_is_that_of_one_step() -> None:
    gains = seen([session(0, 5, 1.0, 2.0), session(5, 15, 1.0, 3.0), session(0, 2, 4.0, 3.0)]).gains
    assert (gains / gains[0]).tolist() == pytest.approx([1.0, 1.0, -2.5])


def test_time_is_the_middle_of_a_session_between_the_first_and_the_next_whatever_is_running() -> None:
    completed = [session(0, 10, 1.0, 2.0), session(10, 20, 1.0, 2.0)]
    for running in ([], [session(20, 50, 2.0)]):
        sessions = seen(completed, running)
        assert sessions.inputs[:, 0].tolist() == [0.0, 0.5]
        assert sessions.coming[0] == 1.0
        assert sessions.running[:, 0].tolist() == [1.5] * len(running)


@pytest.mark.parametrize("least", [0.0, -1e300])
def test_one_that_diverged_moves_the_start_of_no_other(least: float) -> None:
    sessions = seen([session(5, 10, least, 1.0), session(5, 10, 1.0, 2.0)], [session(5, 10, 2.0)])
    assert [*sessions.inputs[:, 1], *sessions.running[:, 1], sessions.coming[1]] == [0.25, 0.5, 0.75, 1.0]


lengths = st.integers(1, 20)
whole = st.integers(-50, 50).map(float)
firsts = st.lists(st.tuples(lengths, whole), min_size=1, max_size=7).filter(lambda some: len(some) % 2 == 1)
later = st.lists(st.tuples(lengths, whole, whole), max_size=5)


@given(firsts, later)
def test_first_sessions_start_equally_well_where_their_median_gain_is_that_of_the_others(
    first: list[tuple[int, float]], others: list[tuple[int, float, float]]
) -> None:
    completed = [session(0, length, None, fitness) for length, fitness in first]
    completed += [session(20, 20 + length, start, end) for length, start, end in others]
    sessions = seen(completed)
    starts, gains = sessions.inputs[: len(first), 1], sessions.gains
    assert len({*starts.tolist()}) == 1
    usual = np.median(gains[len(first) :]) if others else 0.0
    assert np.median(gains[: len(first)]) == pytest.approx(usual, abs=1e-9)


def test_what_is_running_is_neither_completed_nor_coming() -> None:
    running = [session(20, 30, 2.0), replace(session(20, 30, 2.0), parameters={"x": 0.25})]
    sessions = seen([session(0, 10, 1.0, 2.0)], running)
    assert (len(sessions.inputs), len(sessions.gains)) == (1, 1)
    assert sessions.running[:, 2].tolist() == [0.5, 0.25]
    assert sessions.coming[2] == 0.5
