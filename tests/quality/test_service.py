"""A study of the controller, with simulated workers."""

import pytest
from benchmarks.quality import methods
from benchmarks.quality.known_problems import worse_half
from benchmarks.quality.service import initial_values, search

from .traced import Story, Traced

EVEN = (1.0, 1.0)


def test_the_same_seed_gives_the_same_study() -> None:
    problem = Traced().problem()
    assert search(problem, 3, methods.population(problem), EVEN) == search(
        problem, 3, methods.population(problem), EVEN
    )


def test_another_seed_gives_another_study() -> None:
    problem = Traced().problem()
    assert search(problem, 3, methods.population(problem), EVEN) != search(
        problem, 4, methods.population(problem), EVEN
    )


@pytest.mark.parametrize("algorithm", [methods.random, methods.population, methods.pbt_2019])
def test_every_algorithm_begins_with_the_same_values(algorithm: object) -> None:
    traced = Traced()
    problem = traced.problem()
    assert callable(algorithm)
    search(problem, 5, algorithm(problem), EVEN)
    firsts = [after[0][0] for before, after in traced.trained if not before]
    assert firsts == [values["rate"] for values in initial_values(problem, 5)]


def test_a_session_goes_on_from_weights_that_another_session_has_left() -> None:
    traced = Traced()
    problem = traced.problem()
    search(problem, 1, methods.population(problem), EVEN)
    left: set[Story] = {()}
    for before, after in traced.trained:
        assert before in left
        assert [start for _, start in after] == list(range(0, 5 * len(after), 5))
        left.add(after)


def test_fitter_members_are_copied() -> None:
    traced = Traced()
    problem = traced.problem()
    sessions = search(problem, 1, methods.population(problem), EVEN)
    random = search(problem, 1, methods.random(problem), EVEN)
    firsts = [after[0] for _, after in traced.trained[: len(sessions)] if len(after) == 12]
    assert len(set(firsts)) < 8
    assert worse_half(sessions) > worse_half(random)


@pytest.mark.parametrize("algorithm", [methods.random, methods.population, methods.pbt_2019])
def test_a_study_ends_when_its_steps_are_spent(algorithm: object) -> None:
    problem = Traced().problem()
    assert callable(algorithm)
    sessions = search(problem, 2, algorithm(problem), EVEN)
    # Each worker may have begun one more before the others' steps were known.
    assert problem.total_steps <= sessions[-1].total <= problem.total_steps + 5
