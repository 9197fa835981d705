"""Decisions by plug-ins: an answer is a plain value that counts or an error, and the order of reading never matters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.algorithms.populations import (
    PARAMETERS,
    SPEC,
    all_inside,
    completed,
    domains,
    inside,
    pbt,
    populations,
    stopped,
    values_of,
)

from progenitor_controller.algorithms import Place, begin, decide
from progenitor_controller.algorithms.custom import answers
from progenitor_controller.algorithms.custom.interfaces import NoPlugIns, Options
from progenitor_controller.algorithms.custom.questions import (
    Beginning,
    Exploring,
    GoingOn,
    Running,
    Selecting,
)
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.streams import Stream
from progenitor_storage.model.spec import Custom, Domain, Parameters, ParameterSpec
from progenitor_storage.model.trial import Candidate, StopCause, Trial

VALUES: Parameters = {
    "rate": 1e-3,
    "dropout": 0.5,
    "layers": 2,
    "batch": 32.0,
    "optimizer": "adam",
    "width": 64,
}
FIXED: Parameters = {"width": 64}


class Fittest:
    """Is all four kinds: the fittest's weights, three configurations' sessions, no change of anything."""

    def select(self, question: Selecting, _options: Options, _stream: Stream) -> Candidate | None:
        everybody = [*question.opponents, *([question.initiator] if question.initiator else [])]
        return max(everybody, key=lambda candidate: candidate.fitness)

    def explore(self, question: Exploring, _options: Options, stream: Stream) -> Parameters:
        assert [o.number for o in question.observations] == sorted(o.number for o in question.observations)
        return {"dropout": stream.uniform() * 0.9}

    def begin(self, question: Beginning, _options: Options, _stream: Stream) -> Parameters:
        return {**question.given, "layers": 1 + question.member}

    def goes_on(self, question: GoingOn, options: Options, _stream: Stream) -> bool:
        return bool(len(question.sessions) < options["sessions"])

    def should_stop(self, question: Running, _options: Options) -> bool:
        return not question.others


class Plugged(NoPlugIns):
    def selection(self, name: str) -> Fittest:
        return Fittest()

    exploration = algorithm = stopping = selection


def domain_and_value(domain: Domain) -> st.SearchStrategy[tuple[Domain, Any]]:
    return values_of(domain).map(lambda value: (domain, value))


@given(domains().flatmap(domain_and_value))
def test_a_value_of_the_domain_counts_also_as_a_number_of_numpy(drawn: tuple[Domain, Any]) -> None:
    domain, value = drawn
    parameter = ParameterSpec("x", domain)
    numpy_too = {float: np.float64, int: np.int64, str: np.str_}[type(value)]
    for answer in (value, numpy_too(value)):
        counted = answers.value(parameter, answer)
        assert counted == value
        assert inside(domain, counted), "a plain value of the domain's type"


@given(st.sampled_from(PARAMETERS), st.floats() | st.integers() | st.text() | st.booleans() | st.none())
def test_any_other_value_is_refused_or_inside(parameter: ParameterSpec, answer: object) -> None:
    try:
        counted = answers.value(parameter, answer)
    except ValueError:
        return
    assert inside(parameter.domain, counted)
    assert counted == answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "must be a mapping"),
        ([("rate", 1e-3)], "must be a mapping"),
        ({"Rate": 1e-3}, "not 'Rate'"),
        ({"rate": 1.0}, "rate is 1.0, must be a number from 1e-05 to 0.1"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"rate": True}, "rate is True"),
        ({"rate": 10**400}, "rate is 1000"),
        ({"layers": 2.0}, "layers is 2.0, must be a whole number from 1 to 12"),
        ({"layers": True}, "layers is True"),
        ({"batch": 33.0}, "must be one of 16, 32, 64, 128"),
        ({"optimizer": "Adam"}, "must be one of sgd, adam, lion"),
        ({"width": 65}, "width is 65, must stay 64"),
        ({"width": "64"}, "width is '64', must be a whole number"),
    ],
)
def test_wrong_hyperparameters_are_told_by_name(answer: object, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        answers.parameters(PARAMETERS, FIXED, answer)


def test_what_is_left_out_is_left_open_and_the_order_is_the_specifications() -> None:
    given_ = answers.parameters(PARAMETERS, FIXED, dict(reversed({**VALUES, "rate": 1e-2}.items())))
    assert list(given_.items()) == list({**VALUES, "rate": 1e-2}.items())
    assert answers.parameters(PARAMETERS, FIXED, {"layers": np.int64(3)}) == {"layers": 3}
    assert answers.parameters(PARAMETERS, FIXED, {}) == {}


@pytest.mark.parametrize("answer", [None, 0, 1, "yes", np.float64(1.0)])
def test_yes_or_no_is_said_outright(answer: object) -> None:
    with pytest.raises(ValueError, match="must be True or False"):
        answers.yes_or_no(answer)
    assert answers.yes_or_no(np.bool_(1)) is True


def test_a_parent_is_known_by_its_number_among_those_in_question() -> None:
    mine, other, stranger = (Candidate(number, number, 0, 5, 1.0) for number in (1, 2, 3))
    question = Selecting(member=1, generation=1, initiator=mine, opponents=(other,))
    assert answers.parent(question, None) is None
    assert answers.parent(question, replace(other, fitness=9.0)) is other
    assert answers.parent(question, mine) is mine
    for wrong in (stranger, 2, other.member, "2"):
        with pytest.raises(ValueError, match="must be the initiator"):
            answers.parent(question, wrong)
    with pytest.raises(ValueError, match="must be the initiator"):
        answers.parent(replace(question, initiator=None), mine)


@given(populations(generations=2), st.data(), st.randoms(use_true_random=False))
def test_the_order_in_which_trials_are_read_changes_no_decision(
    trials: list[Trial], data: st.DataObject, random: Random
) -> None:
    spec = pbt(selection=Custom("any", {}), exploration=Custom("any", {}))
    initiator = data.draw(st.sampled_from(trials))
    children = []
    for _ in range(2):
        random.shuffle(trials)
        history = Remembered(list(trials), Plugged())
        children.append(decide(spec, history, Place(initiator), initiator).child)
    assert children[0] == children[1]
    child = children[0]
    assert child is not None
    assert all_inside(spec.parameters, child.parameters)
    (parent,) = [trial for trial in trials if trial.number == child.parent]
    assert child.parameters["width"] == parent.parameters["width"]
    assert child.start_step == parent.end_step


SEARCH = replace(SPEC, algorithm=Custom("any", {"sessions": 2}, configurations=3))


def trained(history: Callable[[list[Trial]], Remembered]) -> list[Trial]:
    draft = begin(SEARCH, history([]), 1)
    first = completed(draft, 1, 0.5)
    second = decide(SEARCH, history([first]), Place(first), first).child
    assert second is not None
    return [first, completed(second, 2, 0.4)]


def test_a_configuration_is_begun_and_ended_by_its_algorithm() -> None:
    def history(trials: list[Trial]) -> Remembered:
        return Remembered(trials, Plugged())

    first, second = trained(history)
    assert first.parameters["layers"] == 2
    assert all_inside(SEARCH.parameters, first.parameters)
    assert second.parameters == first.parameters
    assert second.parent == first.number
    ended = decide(SEARCH, history([first, second]), Place(second), second)
    assert ended.child is None
    assert ended.ended
    lost = stopped(replace(second, number=3, fitness=None), 3, StopCause.LIMIT)
    assert decide(SEARCH, history([first, lost]), Place(first), lost).child, "a limit that was raised goes on"


def test_without_plug_ins_a_decision_says_which_is_missing() -> None:
    with pytest.raises(LookupError, match="no algorithm 'any' is installed here"):
        begin(SEARCH, Remembered([]), 0)


def test_options_are_the_plug_ins_own() -> None:
    options: Mapping[str, Any] = {"sessions": 2, "deep": [1]}

    class Writing(Fittest):
        def begin(self, _question: Beginning, options: Any, _stream: Stream) -> Parameters:
            options["deep"].append(2)
            return {}

    class Given(Plugged):
        def algorithm(self, name: str) -> Fittest:
            return Writing()

    begin(replace(SEARCH, algorithm=Custom("any", options, 3)), Remembered([], Given()), 0)
    assert options == {"sessions": 2, "deep": [1]}
