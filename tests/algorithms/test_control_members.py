"""Laws of the members that are never replaced."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    ExplorationScope,
    NoSelection,
    Selection,
    TruncationSelection,
)
from progenitor_storage.model.trial import StopCause, Trial

from .populations import HYPERPARAMETERS, SELECTIONS, completed, failed, pbt, populations, stopped


def child_of(selection: Selection, trials: list[Trial], initiator: Trial, **changes: object) -> Trial:
    """In a population whose first two members are controls."""
    members = 1 + max(trial.member for trial in trials)
    spec = pbt(selection=selection, population_size=members, control_members=2, **changes)
    place = Place(initiator if initiator.usable else None)
    child = decide(spec, Remembered(trials), place, initiator).child
    assert child
    return child


@pytest.mark.parametrize("scope", ExplorationScope)
@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection()])
@given(populations(least=3))
def test_a_control_goes_on_from_its_own_weights_with_what_it_began_with(
    selection: Selection, scope: ExplorationScope, trials: list[Trial]
) -> None:
    for initiator in trials[:2]:
        child = child_of(selection, trials, initiator, exploration_scope=scope, crossover=1.0)
        assert child.parent == initiator.number
        assert child.parameters == initiator.parameters
        assert child.second_parent is None


@pytest.mark.parametrize("selection", SELECTIONS)
@given(populations(least=3))
def test_a_control_that_failed_in_its_first_session_goes_on_from_another(
    selection: Selection, trials: list[Trial]
) -> None:
    control = failed(replace(trials[0], fitness=None, checkpoint=None), trials[0].number)
    child = child_of(selection, [control, *trials[1:]], control)
    assert child.parent in {trial.number for trial in trials[1:]}


@pytest.mark.parametrize("selection", SELECTIONS)
@given(populations(least=3, generations=2))
def test_a_control_that_fails_later_is_given_one_more_try_of_its_own(
    selection: Selection, trials: list[Trial]
) -> None:
    members = len(trials) // 2
    first, later = trials[0], trials[members]
    spec = pbt(selection=selection, population_size=members, control_members=2)
    for unusable in (
        failed(replace(later, fitness=None, checkpoint=None), later.number),
        replace(later, fitness=None),
        stopped(replace(later, fitness=None), later.number, StopCause.RULE),
    ):
        history = Remembered([unusable if trial is later else trial for trial in trials])
        once = decide(spec, history, Place(first), unusable)
        assert once.fallback
        assert once.child
        assert (once.child.parent, once.child.parameters) == (first.number, first.parameters)
        again = decide(spec, history, Place(first, fallbacks=1), unusable).child
        assert again
        assert again.parent != first.number


@given(populations(least=4), st.floats(-1e300, 1e300), st.data())
def test_who_is_truncated_does_not_depend_on_the_controls(
    trials: list[Trial], fitness: float, data: st.DataObject
) -> None:
    initiator = data.draw(st.sampled_from(trials[2:]))
    assert initiator.fitness is not None
    # A parent is at least as fit, so a lower control can only be chosen where nobody better is.
    lower = [replace(control, fitness=min(fitness, initiator.fitness - 1.0)) for control in trials[:2]]
    lowest = [replace(control, fitness=-1e301) for control in trials[:2]]
    before, after = (
        child_of(TruncationSelection(0.4), [*controls, *trials[2:]], initiator).parent == initiator.number
        for controls in (lower, lowest)
    )
    assert before == after


def test_the_fittest_control_is_copied() -> None:
    trials = fitnesses(0.0, 9.0, 1.0, 2.0, 0.5)
    assert child_of(TruncationSelection(0.2), trials, trials[4]).parent == trials[1].number


def fitnesses(*values: float) -> list[Trial]:
    spec = pbt()
    return [
        completed(
            Trial(member, 0, HYPERPARAMETERS, seed=0, start_step=0, end_step=spec.steps_per_trial),
            member + 1,
            f,
        )
        for member, f in enumerate(values)
    ]
