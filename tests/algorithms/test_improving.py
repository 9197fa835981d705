"""Laws of who is spared: a member that gains faster than the one it would go on from."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import NoExploration, TruncationSelection
from progenitor_storage.model.trial import Trial

from .populations import HYPERPARAMETERS, completed, pbt

STEPS = 5

few = st.integers(-4, 4).map(float)
grown = st.lists(st.tuples(few, few), min_size=2, max_size=8)
"""What each member had come to after its first session, and after its second."""


def sessions(fitnesses: Sequence[tuple[float, float]]) -> tuple[list[Trial], list[Trial]]:
    firsts, seconds = [], []
    for member, (first, second) in enumerate(fitnesses):
        parameters = {**HYPERPARAMETERS, "layers": member + 1}
        draft = Trial(member, 0, parameters, seed=0, start_step=0, end_step=STEPS)
        firsts.append(completed(draft, member + 1, first))
        draft = replace(draft, generation=1, parent=member + 1, start_step=STEPS, end_step=2 * STEPS)
        seconds.append(completed(draft, len(fitnesses) + member + 1, second))
    return firsts, seconds


def parent(trials: Sequence[Trial], initiator: Trial, *, spare: bool) -> Trial:
    spec = pbt(selection=TruncationSelection(0.4, spare_improving=spare), exploration=NoExploration())
    child = decide(spec, Remembered(trials), Place(initiator), initiator).child
    assert child
    chosen = next(trial for trial in trials if trial.number == child.parent)
    assert child.parameters == chosen.parameters
    return chosen


def gained(fitnesses: Sequence[tuple[float, float]], member: int) -> float:
    first, second = fitnesses[member]
    return second - first


@given(grown)
def test_a_loser_that_gained_more_than_its_parent_to_be_goes_on_alone(
    fitnesses: list[tuple[float, float]],
) -> None:
    firsts, seconds = sessions(fitnesses)
    for initiator in seconds:
        otherwise = parent([*firsts, *seconds], initiator, spare=False)
        faster = gained(fitnesses, initiator.member) > gained(fitnesses, otherwise.member)
        expected = initiator if faster else otherwise
        assert parent([*firsts, *seconds], initiator, spare=True) == expected


@given(grown)
def test_in_a_first_session_nobody_is_spared(fitnesses: list[tuple[float, float]]) -> None:
    firsts, _ = sessions(fitnesses)
    for initiator in firsts:
        assert parent(firsts, initiator, spare=True) == parent(firsts, initiator, spare=False)


@given(grown, st.integers(-3, 3), st.sampled_from((0.5, 1.0, 8.0)))
def test_neither_the_metrics_zero_nor_its_unit_decides(
    fitnesses: list[tuple[float, float]], zero: int, unit: float
) -> None:
    elsewhere = [(unit * first + zero, unit * second + zero) for first, second in fitnesses]
    for member in range(len(fitnesses)):
        here, there = (
            parent([*firsts, *seconds], seconds[member], spare=True).number
            for firsts, seconds in (sessions(fitnesses), sessions(elsewhere))
        )
        assert here == there


def test_gains_are_held_against_the_steps_that_they_took() -> None:
    """The loser gained 2 in 5 steps, the winner 3 in 10: 0.4 a step against 0.3."""
    firsts, seconds = sessions([(0.0, 2.0), (4.0, 7.0)])
    longer = replace(firsts[1], start_step=-STEPS, end_step=0), replace(seconds[1], start_step=0)
    trials = [firsts[0], longer[0], seconds[0], longer[1]]
    assert parent(trials, seconds[0], spare=True) == seconds[0]
    assert parent([*firsts, *seconds], seconds[0], spare=True) == seconds[1]
