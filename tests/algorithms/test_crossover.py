"""Crossover: hyperparameters of two parents."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import ExplorationScope, Inheritance, NoExploration, Selection
from progenitor_storage.model.trial import Trial

from .populations import (
    PARAMETERS,
    SELECTIONS,
    SPEC,
    NoSelection,
    all_inside,
    completed,
    pbt,
    populations,
)

EVERY: tuple[Selection, ...] = (*SELECTIONS, NoSelection())
probabilities = st.sampled_from((0.1, 0.5, 1.0))


def child_of(selection: Selection, trials: list[Trial], initiator: Trial, **changes: object) -> Trial:
    spec = pbt(selection=selection, **{"exploration_scope": ExplorationScope.EVERY_CHILD, **changes})
    child = decide(spec, Remembered(trials), Place(initiator), initiator).child
    assert child
    return child


@pytest.mark.parametrize("selection", EVERY)
@given(st.data(), populations(), probabilities)
def test_each_mutable_hyperparameter_is_of_one_parent_and_immutable_ones_come_with_the_weights(
    selection: Selection, data: st.DataObject, trials: list[Trial], probability: float
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator, crossover=probability, exploration=NoExploration())
    by_number = {trial.number: trial for trial in trials}
    assert child.parent
    parent = by_number[child.parent]
    if child.second_parent is None:
        assert child.parameters == parent.parameters
        return
    second = by_number[child.second_parent]
    assert second.member != parent.member
    for parameter in PARAMETERS:
        sources = [parent] if parameter.immutable else [parent, second]
        assert child.parameters[parameter.name] in [source.parameters[parameter.name] for source in sources]
    if probability == 1.0:
        assert child.parameters == {**second.parameters, "width": parent.parameters["width"]}


@pytest.mark.parametrize("selection", EVERY)
@given(st.data(), populations(least=3))
def test_the_second_parent_is_of_the_fitter_half(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator, crossover=1.0)
    fitness = {trial.number: trial.fitness for trial in trials}
    if child.second_parent:
        mine = fitness[child.second_parent]
        assert mine is not None
        fitter = sum(other is not None and other > mine for other in fitness.values())
        assert fitter < (len(trials) + 1) // 2


@pytest.mark.parametrize("selection", EVERY)
@given(st.data(), populations(), probabilities)
def test_crossover_changes_neither_whose_weights_are_continued_nor_a_domain(
    selection: Selection, data: st.DataObject, trials: list[Trial], probability: float
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    crossed = child_of(selection, trials, initiator, crossover=probability)
    plain = child_of(selection, trials, initiator)
    assert all_inside(PARAMETERS, crossed.parameters)
    parameters = {"parameters": plain.parameters, "second_parent": None}
    assert replace(crossed, **parameters) == plain  # type: ignore[arg-type]  # fields of the record


@given(st.data(), populations())
def test_only_copies_are_crossed_where_only_copies_are_explored(
    data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    scope = ExplorationScope.COPIES_ONLY
    child = child_of(SELECTIONS[0], trials, initiator, crossover=1.0, exploration_scope=scope)
    if child.parent == initiator.number:
        assert child.second_parent is None
        assert child.parameters == initiator.parameters


@given(st.data(), populations())
def test_with_weights_only_what_is_not_crossed_stays_the_initiators(
    data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(
        SELECTIONS[0],
        trials,
        initiator,
        crossover=0.5,
        exploration=NoExploration(),
        inheritance=Inheritance.WEIGHTS,
    )
    by_number = {trial.number: trial for trial in trials}
    sources = [initiator, *([by_number[child.second_parent]] if child.second_parent else [])]
    for parameter in PARAMETERS:
        if not parameter.immutable:
            values = [source.parameters[parameter.name] for source in sources]
            assert child.parameters[parameter.name] in values


def test_a_member_by_itself_has_nobody_to_be_crossed_with() -> None:
    only = completed(initial(SPEC, 0), 1, 0.5)
    child = child_of(NoSelection(), [only], only, crossover=1.0, exploration=NoExploration())
    assert (child.second_parent, child.parameters) == (None, only.parameters)
