"""How Ray Tune's schedulers are asked: `make test-ray`, which puts Ray on the path.

It is not collected by its name, as Ray is no part of the lock.
"""

import random
from dataclasses import replace

import pytest
from benchmarks.problems import number
from benchmarks.quality.known_problems import DIGITS
from benchmarks.quality.new_problems import JUMP
from benchmarks.quality.problem import Rng, Session, Trained, Weights
from benchmarks.quality.problems import PROBLEMS
from benchmarks.quality.ray_spaces import inside, parameters_of, plain, scaled, scaled_bounds
from benchmarks.quality.ray_tune import pb2, pb2_of_logarithms, pbt
from benchmarks.quality.service import initial_values

from progenitor_storage.model.spec import Parameters

from .traced import Story, Traced

EVEN = (1.0, 1.0)

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
"""What Ray's PB2 asks of SciPy and scikit-learn."""


def copies(traced: Traced, sessions: list[Session]) -> list[tuple[Story, Story]]:
    """Of each exploitation the story that the member had left itself, and the one that it went on from."""
    own: dict[int, Story] = {}
    found = []
    for session, (before, after) in zip(sessions, traced.trained, strict=True):
        left = own.get(session.member, ())
        if before != left:
            found.append((left, before))
        own[session.member] = after
    return found


def sessions_in_order_of_training(traced: Traced, search: object) -> list[Session]:
    """With one worker sessions are trained in the order in which they end."""
    assert callable(search)
    return list(search(traced.problem(), 1, (1.0,)))


@pytest.mark.parametrize("search", [pbt, pb2])
def test_exploitation_goes_on_from_what_a_fitter_trial_has_saved(search: object) -> None:
    traced = Traced()
    found = copies(traced, sessions_in_order_of_training(traced, search))
    assert found
    left = {after for _, after in traced.trained}
    for own, source in found:
        assert source in left
        # Rates are what the score is made of. The source may have trained a session less when it saved.
        assert sum(rate for rate, _ in source) > sum(rate for rate, _ in own[: len(source)])


def test_an_exploited_value_is_perturbed_or_resampled_and_stays_inside() -> None:
    traced = Traced()
    sessions = sessions_in_order_of_training(traced, pbt)
    factors = []
    own: dict[int, Story] = {}
    for session, (before, after) in zip(sessions, traced.trained, strict=True):
        if before != own.get(session.member, ()):
            factors.append(after[-1][0] / before[-1][0])
            assert 0.0 <= after[-1][0] <= 1.0
        own[session.member] = after
    assert any(factor == pytest.approx(0.8) for factor in factors)


def test_who_exploits_nobody_keeps_its_value() -> None:
    traced = Traced()
    sessions = sessions_in_order_of_training(traced, pbt)
    own: dict[int, Story] = {}
    for session, (before, after) in zip(sessions, traced.trained, strict=True):
        if before and before == own.get(session.member):
            assert after[-1][0] == before[-1][0]
        own[session.member] = after


@pytest.mark.parametrize("search", [pbt, pb2])
def test_trials_begin_with_the_values_that_progenitors_members_begin_with(search: object) -> None:
    traced = Traced()
    problem = traced.problem()
    assert callable(search)
    search(problem, 5, EVEN)
    firsts = [after[0][0] for before, after in traced.trained if not before]
    assert firsts[:8] == [values["rate"] for values in initial_values(problem, 5)]


@pytest.mark.parametrize("search", [pbt, pb2, pb2_of_logarithms])
def test_the_same_seed_gives_the_same_study_whatever_was_drawn_before(search: object) -> None:
    assert callable(search)
    problem = Traced().problem(sessions=4)
    first = search(problem, 2, EVEN)
    random.random()
    assert search(problem, 2, EVEN) == first


def test_no_lineage_goes_beyond_its_steps_and_the_study_ends_when_its_own_are_spent() -> None:
    problem = Traced().problem()
    sessions = pbt(problem, 2, EVEN)
    assert max(session.end for session in sessions) == problem.max_steps
    assert problem.total_steps - 5 <= sessions[-1].total <= problem.total_steps + 5


def test_every_domain_can_be_searched() -> None:
    kinds = {type(value) for values in initial_values(JUMP, 0) for value in values.values()}
    assert kinds == {float, int, str}
    assert pbt(JUMP, 0, EVEN)


def test_logarithms_are_undone_where_a_session_trains() -> None:
    (values,) = initial_values(DIGITS, 0)[:1]
    assert parameters_of(DIGITS, plain(values)) == values
    assert parameters_of(DIGITS, scaled(DIGITS, values)) == pytest.approx(values)
    assert list(scaled_bounds(DIGITS).values()) == [pytest.approx([-5.0, 0.0]), [0.0, 0.95]]


def test_what_a_factor_drives_out_of_its_range_is_put_back() -> None:
    assert inside(DIGITS, plain({"lr": 1.2, "momentum": 0.5})) == plain({"lr": 1.0, "momentum": 0.5})


@pytest.mark.parametrize("search", [pb2, pb2_of_logarithms])
def test_pb2_explores_parameters_of_every_name(search: object) -> None:
    """To PB2 one called `y` would be the improvement that it models."""
    problem = PROBLEMS["drifting optimum"]
    assert {parameter.name for parameter in problem.parameters} == {"x", "y"}
    given: set[float] = set()

    def train(weights: Weights, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
        given.add(number(parameters, "y"))
        return problem.train(weights, parameters, start, end, rng)

    assert callable(search)
    search(replace(problem, train=train, max_steps=25), 0, EVEN)
    assert len(given) > problem.members
