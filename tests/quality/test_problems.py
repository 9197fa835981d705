"""What every problem promises."""

from math import isfinite

import numpy as np
import pytest
from benchmarks.quality.new_problems import WORST_LOSS, hypervolume
from benchmarks.quality.problem import Problem, Session
from benchmarks.quality.problems import PROBLEMS, STARTS, at, variant
from benchmarks.quality.service import initial_values

problems = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)


@problems
def test_a_session_follows_from_its_seed_and_leaves_its_parents_weights(problem: Problem) -> None:
    values = initial_values(problem, 0)[0]

    def trained() -> tuple[tuple[float, ...], tuple[float, ...]]:
        rng = np.random.default_rng(1)
        after = problem.train(problem.weights, values, 0, problem.steps_per_trial, rng)
        return after.seen, after.true

    assert trained() == trained()


@problems
def test_scores_are_finite_at_the_corners_of_the_search_space(problem: Problem) -> None:
    for share in (0.0, 1.0):
        values = {parameter.name: at(parameter, share) for parameter in problem.parameters}
        weights, rng = problem.weights, np.random.default_rng(1)
        for start in range(0, 4 * problem.steps_per_trial, problem.steps_per_trial):
            trained = problem.train(weights, values, start, start + problem.steps_per_trial, rng)
            weights = trained.weights
        assert len(trained.seen) == len(trained.true) == len(problem.metrics)
        assert all(map(isfinite, (*trained.seen, *trained.true)))


@pytest.mark.parametrize("start", [name for name, share in STARTS.items() if share is not None])
def test_members_of_a_variant_begin_alike(start: str) -> None:
    first, *others = initial_values(variant("triangle", 4, start), 7)
    assert len(others) == 3
    assert all(other == first for other in others)


def point(first: float, second: float) -> Session:
    return Session(0, 0, 1, 1, (-first, -second), (-first, -second))


def test_the_hypervolume_is_the_area_that_is_dominated() -> None:
    square = WORST_LOSS**2
    assert hypervolume([point(0.0, 0.0)]) == 1.0
    assert hypervolume([point(1.0, 3.0)]) == pytest.approx(3.0 / square)
    assert hypervolume([point(1.0, 3.0), point(3.0, 1.0)]) == pytest.approx(5.0 / square)
    assert hypervolume([point(1.0, 1.0), point(2.0, 2.0), point(9.0, 0.0)]) == pytest.approx(9.0 / square)
