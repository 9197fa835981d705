"""Laws of who is spared: a member that gains faster than the one it would go on from."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import NoExploration, TruncationSelection
from progenitor_storage.model.trial import Trial

from .populations import HYPERPARAMETERS, completed, pbt

FIRST = Trial(member=0, generation=0, parameters=HYPERPARAMETERS, seed=0, start_step=0, end_step=5)


def session(number: int, place: tuple[int, int], parent: Trial | None, steps: int, fitness: float) -> Trial:
    """`place` is its member and generation."""
    member, generation = place
    start, before = (parent.end_step, parent.number) if parent else (0, None)
    draft = replace(FIRST, member=member, generation=generation, parent=before)
    parameters = {**HYPERPARAMETERS, "layers": member + 1}
    draft = replace(draft, parameters=parameters, start_step=start, end_step=start + steps)
    return completed(draft, number, fitness)


@st.composite
def lineages(draw: st.DrawFn) -> list[Trial]:
    """Up to three sessions of each member, of any length, each from anyone's last one or from nobody's."""
    counts = draw(st.lists(st.integers(1, 3), min_size=4, max_size=7))
    trials: list[Trial] = []
    for generation in range(3):
        before = [trial for trial in trials if trial.generation == generation - 1]
        for member, count in enumerate(counts):
            if generation < count:
                parent = draw(st.sampled_from([*before, None]))
                steps, fitness = draw(st.sampled_from((3, 5, 10))), draw(st.integers(-4, 4).map(float))
                trials.append(session(len(trials) + 1, (member, generation), parent, steps, fitness))
    return trials


def child_of(trials: Sequence[Trial], initiator: Trial, *, spare: bool) -> Trial:
    spec = pbt(selection=TruncationSelection(0.5, spare_improving=spare), exploration=NoExploration())
    child = decide(spec, Remembered(trials), Place(initiator), initiator).child
    assert child
    return child


def rate(trials: Sequence[Trial], trial: Trial) -> Fraction | None:
    """What it gained per step on what it went on from; of a first session nobody knows."""
    parent = next((other for other in trials if other.number == trial.parent), None)
    if parent is None:
        return None
    return Fraction((trial.fitness or 0.0) - (parent.fitness or 0.0)) / (trial.end_step - trial.start_step)


@given(lineages())
def test_a_loser_goes_on_alone_if_and_only_if_it_gained_more_per_step_than_its_parent_to_be(
    trials: list[Trial],
) -> None:
    for initiator in trials:
        otherwise, child = (child_of(trials, initiator, spare=spare) for spare in (False, True))
        parent = next(trial for trial in trials if trial.number == otherwise.parent)
        own, others = rate(trials, initiator), rate(trials, parent)
        if own is not None and others is not None and own > others:
            assert (child.parent, child.parameters) == (initiator.number, initiator.parameters)
            assert child.opponent == otherwise.opponent, "whom it was compared with is told all the same"
        else:
            assert child == otherwise


def test_gains_are_held_against_the_steps_that_they_took() -> None:
    """The loser gained 2 in 5 steps; the winner 3 in 10, which is less for each, 4 in 10, as much, or 3 in 5, more."""
    loser, winner = session(1, (0, 0), None, 5, 0.0), session(2, (1, 0), None, 5, 4.0)
    initiator = session(3, (0, 1), loser, 5, 2.0)
    for gained, steps, parent in ((3.0, 10, 3), (4.0, 10, 4), (3.0, 5, 4)):
        trials = [loser, winner, initiator, session(4, (1, 1), winner, steps, 4.0 + gained)]
        assert child_of(trials, initiator, spare=True).parent == parent
