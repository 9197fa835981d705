"""Random search: one configuration for each place."""

from dataclasses import replace

import pytest

from progenitor_controller.algorithms import Place, decide, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import RandomSearch
from progenitor_storage.model.trial import StopCause, Trial

from .populations import SPEC, completed, failed, stopped

SEARCH = replace(SPEC, algorithm=RandomSearch(8))


@pytest.fixture
def first() -> Trial:
    return completed(initial(SEARCH, 0), 1, 0.1)


@pytest.fixture
def second(first: Trial) -> Trial:
    draft = decide(SEARCH, Remembered([]), Place(first, 0), first).child
    assert draft
    return draft


def test_a_configuration_goes_on_with_itself_whatever_the_others_do(first: Trial) -> None:
    better = completed(initial(SEARCH, 1), 2, 0.9)
    child = decide(SEARCH, Remembered([better, first]), Place(first, 0), first).child
    assert child
    assert (child.parent, child.parameters, child.start_step) == (1, first.parameters, 5)
    assert child.warm_start == first.checkpoint
    assert child.seed != first.seed


def test_a_failed_session_is_tried_again_from_the_last_completed_one(first: Trial, second: Trial) -> None:
    for initiator in (failed(second, 2), completed(second, 2, None)):
        reproduction = decide(SEARCH, Remembered([]), Place(first, 2), initiator)
        assert reproduction.child
        assert reproduction.fallback
        assert (reproduction.child.parent, reproduction.child.parameters) == (1, first.parameters)
        assert decide(SEARCH, Remembered([]), Place(first, 3), initiator).child is None


def test_a_configuration_that_never_completed_a_session_ends() -> None:
    assert decide(SEARCH, Remembered([]), Place(None, 0), failed(initial(SEARCH, 0), 1)).child is None


def test_a_configuration_that_the_rule_stopped_ends(first: Trial, second: Trial) -> None:
    assert decide(SEARCH, Remembered([]), Place(first, 0), stopped(second, 2, StopCause.RULE)).child is None


def test_a_configuration_that_a_limit_stopped_goes_on(first: Trial, second: Trial) -> None:
    reproduction = decide(SEARCH, Remembered([]), Place(first, 3), stopped(second, 2, StopCause.LIMIT))
    assert reproduction.child
    assert (reproduction.child.parent, reproduction.child.start_step) == (1, 5)
    assert not reproduction.fallback


def test_a_first_session_that_a_limit_stopped_begins_again_with_its_parameters() -> None:
    draft = initial(SEARCH, 0)
    again = decide(SEARCH, Remembered([]), Place(None, 3), stopped(draft, 1, StopCause.LIMIT)).child
    assert again
    assert (again.parameters, again.start_step, again.parent) == (draft.parameters, 0, None)
    assert again.initiator == 1
