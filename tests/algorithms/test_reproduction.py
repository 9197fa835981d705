"""Laws of every selection."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    ExplorationScope,
    Inheritance,
    InitiatorSelection,
    NoExploration,
    NoSelection,
    RandomSearch,
    Selection,
    TruncationSelection,
)
from progenitor_storage.model.trial import Candidate, StopCause, Trial

from .populations import (
    MUTATION,
    PARAMETERS,
    SELECTIONS,
    SPEC,
    all_inside,
    completed,
    failed,
    pbt,
    populations,
    stopped,
)

UNUSABLE = ("failed", "stopped", "not finite", "deleted")


def unusable(trial: Trial, how: str) -> Trial:
    match how:
        case "failed":
            return failed(replace(trial, fitness=None, checkpoint=None), trial.number)
        case "stopped":
            return stopped(replace(trial, fitness=None), trial.number, StopCause.RULE)
        case "not finite":
            return replace(trial, fitness=None)
        case _:
            assert trial.checkpoint
            return replace(trial, checkpoint=replace(trial.checkpoint, deleted=True))


def child_of(spec_selection: Selection, trials: list[Trial], initiator: Trial, **changes: object) -> Trial:
    own = initiator if initiator.usable else None
    child = decide(
        pbt(selection=spec_selection, **changes), Remembered(trials), Place(own, 0), initiator
    ).child
    assert child
    return child


@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection()])
@given(st.data(), populations())
def test_a_child_goes_on_where_its_parent_ended_with_its_checkpoint(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator)
    parent = next(trial for trial in trials if trial.number == child.parent)
    assert (child.member, child.generation) == (initiator.member, initiator.generation + 1)
    assert child.initiator == initiator.number
    assert child.warm_start == parent.checkpoint
    assert child.start_step == child.step == parent.end_step
    assert child.end_step == parent.end_step + 5
    assert all_inside(PARAMETERS, child.parameters)
    assert 0 <= child.seed < 2**31


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations())
def test_weights_hyperparameters_and_immutable_ones_come_from_the_same_parent(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator, exploration=NoExploration())
    parent = next(trial for trial in trials if trial.number == child.parent)
    assert child.parameters == parent.parameters
    explored = child_of(selection, trials, initiator, exploration_scope=ExplorationScope.EVERY_CHILD)
    assert explored.parent == parent.number
    assert explored.parameters["width"] == parent.parameters["width"]


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations())
def test_with_weights_only_mutable_hyperparameters_stay_the_initiators(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(
        selection, trials, initiator, inheritance=Inheritance.WEIGHTS, exploration=NoExploration()
    )
    parent = next(trial for trial in trials if trial.number == child.parent)
    assert child.parameters == {**initiator.parameters, "width": parent.parameters["width"]}


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations())
def test_only_copies_are_explored_unless_every_child_is(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    copies = child_of(selection, trials, initiator)
    if copies.parent == initiator.number:
        assert copies.parameters == initiator.parameters
    every = child_of(selection, trials, initiator, exploration_scope=ExplorationScope.EVERY_CHILD)
    if copies.parent != initiator.number:
        assert copies == every


@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection()])
@given(st.data(), populations())
def test_exploration_of_every_child_moves_each_mutable_number(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(
        selection,
        trials,
        initiator,
        exploration=replace(MUTATION, resample_probability=0.0),
        exploration_scope=ExplorationScope.EVERY_CHILD,
    )
    parent = next(trial for trial in trials if trial.number == child.parent)
    assert child.parameters["batch"] != parent.parameters["batch"]
    assert child.parameters["rate"] != parent.parameters["rate"] or parent.parameters["rate"] in (1e-5, 1e-1)
    assert child.parameters["optimizer"] == parent.parameters["optimizer"]


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations())
def test_a_copied_parent_is_of_another_member_and_fitter_or_by_truncation_as_fit(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator)
    if child.parent != initiator.number:
        parent = next(trial for trial in trials if trial.number == child.parent)
        assert parent.member != initiator.member
        assert parent.fitness is not None
        assert initiator.fitness is not None
        tied = isinstance(selection, TruncationSelection) and parent.fitness == initiator.fitness
        assert parent.fitness > initiator.fitness or tied


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations(generations=2))
def test_a_member_never_copies_its_own_older_trial(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    child = child_of(selection, trials, initiator)
    parent = next(trial for trial in trials if trial.number == child.parent)
    assert parent is initiator or parent.member != initiator.member


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations(), st.sampled_from(UNUSABLE))
def test_an_unusable_trial_is_never_a_parent(
    selection: Selection, data: st.DataObject, trials: list[Trial], how: str
) -> None:
    initiator, other = data.draw(st.permutations(trials))[:2]
    trials = [unusable(trial, how) if trial is other else trial for trial in trials]
    assert child_of(selection, trials, initiator).parent != other.number


@pytest.mark.parametrize("selection", SELECTIONS)
@given(st.data(), populations(), st.sampled_from(UNUSABLE))
def test_an_unusable_initiators_child_takes_weights_and_hyperparameters_from_another(
    selection: Selection, data: st.DataObject, trials: list[Trial], how: str
) -> None:
    chosen = data.draw(st.sampled_from(trials))
    initiator = unusable(chosen, how)
    trials = [initiator if trial is chosen else trial for trial in trials]
    for inheritance in Inheritance:
        reproduction = decide(
            pbt(selection=selection, inheritance=inheritance, exploration=NoExploration()),
            Remembered(trials),
            Place(None),
            initiator,
        )
        assert reproduction.child
        assert reproduction.fallback == (initiator.stop_cause is StopCause.NONE), (
            "failures in a row are counted"
        )
        parent = next(trial for trial in trials if trial.number == reproduction.child.parent)
        assert parent.member != initiator.member
        assert reproduction.child.parameters == parent.parameters


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_place_that_fails_again_and_again_is_closed_even_if_there_are_candidates(
    selection: Selection,
) -> None:
    spec = pbt(selection=selection)
    rivals = [completed(initial(spec, member), member + 1, 0.5) for member in range(1, 4)]
    initiator = failed(initial(spec, 0), 1)
    for fallbacks in range(spec.max_failures_per_trial):
        assert decide(spec, Remembered(rivals), Place(None, fallbacks), initiator).fallback
    assert decide(spec, Remembered(rivals), Place(None, spec.max_failures_per_trial), initiator).child is None


@pytest.mark.parametrize("selection", SELECTIONS)
@given(populations(least=8))
def test_nobody_at_max_steps_is_copied(selection: Selection, trials: list[Trial]) -> None:
    ended = [replace(trial, end_step=100, start_step=95) for trial in trials[1:]]
    child = child_of(selection, [trials[0], *ended], trials[0])
    assert child.parent == trials[0].number


@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection()])
def test_without_candidates_a_usable_initiator_goes_on_alone(selection: Selection) -> None:
    initiator = completed(initial(SPEC, 0), 1, 0.5)
    for read in ([], [initiator]):
        reproduction = decide(pbt(selection=selection), Remembered(read), Place(initiator, 0), initiator)
        assert reproduction.child
        assert (reproduction.child.parent, reproduction.child.parameters) == (1, initiator.parameters)
        assert not reproduction.fallback


@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection()])
def test_without_candidates_an_unusable_initiators_place_goes_back_then_afresh_then_closes(
    selection: Selection,
) -> None:
    spec = pbt(selection=selection)
    own = completed(initial(spec, 0), 1, 0.5)
    draft = decide(spec, Remembered([own]), Place(own, 0), own).child
    assert draft
    initiator = failed(draft, 2)
    back = decide(spec, Remembered([own]), Place(own, 2), initiator)
    assert back.child
    assert back.fallback
    assert (back.child.parent, back.child.initiator, back.child.start_step) == (1, 2, 5)
    fresh = decide(spec, Remembered([]), Place(None, 2), initiator)
    assert fresh.child
    assert fresh.fallback
    assert (fresh.child.parent, fresh.child.warm_start, fresh.child.start_step) == (None, None, 0)
    assert (fresh.child.initiator, fresh.child.generation) == (2, 2)
    assert decide(spec, Remembered([own]), Place(own, 3), initiator).child is None
    assert decide(spec, Remembered([]), Place(None, 3), initiator).child is None


def test_a_fresh_sample_does_not_repeat_what_failed() -> None:
    initiator = failed(initial(SPEC, 0), 1)
    fresh = decide(SPEC, Remembered([]), Place(None, 0), initiator).child
    assert fresh
    assert fresh.parameters["rate"] != initiator.parameters["rate"]
    assert fresh.seed != initiator.seed


def test_after_a_raised_limit_a_stopped_member_goes_on_from_its_own_trial_as_it_was() -> None:
    own = completed(initial(SPEC, 0), 1, 0.1)
    rival = completed(initial(SPEC, 1), 2, 0.9)
    draft = decide(SPEC, Remembered([own]), Place(own, 0), own).child
    assert draft
    initiator = stopped(draft, 3, StopCause.LIMIT)
    reproduction = decide(SPEC, Remembered([own, rival]), Place(own, 3), initiator)
    assert reproduction.child
    assert (reproduction.child.parent, reproduction.child.parameters) == (1, own.parameters)
    assert not reproduction.fallback


def test_after_a_raised_limit_a_stopped_first_trial_is_begun_again() -> None:
    first = initial(SPEC, 0)
    again = decide(SPEC, Remembered([]), Place(None, 0), stopped(first, 1, StopCause.LIMIT))
    assert again.child
    assert (again.child.parameters, again.child.start_step) == (first.parameters, 0)
    assert (again.child.generation, again.child.initiator) == (1, 1)
    assert not again.fallback


def test_the_last_session_ends_at_max_steps_and_has_no_child() -> None:
    spec = replace(SPEC, budget=replace(SPEC.budget, max_steps=8))
    first = completed(initial(spec, 0), 1, 0.5)
    draft = decide(spec, Remembered([]), Place(first, 0), first).child
    assert draft
    assert (draft.start_step, draft.end_step) == (5, 8)
    last = completed(draft, 2, 0.6)
    assert decide(spec, Remembered([]), Place(last, 0), last).child is None
    ruled_out = stopped(draft, 2, StopCause.RULE)
    assert decide(spec, Remembered([]), Place(first, 0), ruled_out).child is None


@given(populations(least=8))
def test_truncation_copies_only_from_the_best_into_the_worst(trials: list[Trial]) -> None:
    spec = pbt(selection=TruncationSelection(0.2))
    values = sorted(trial.fitness for trial in trials if trial.fitness is not None)
    for initiator in trials:
        assert initiator.fitness is not None
        child = decide(spec, Remembered(trials), Place(initiator, 0), initiator).child
        assert child
        parent = next(trial for trial in trials if trial.number == child.parent)
        assert parent.fitness is not None
        # ⌈8 · 0.2⌉ = 2
        assert parent is initiator or (initiator.fitness <= values[1] and parent.fitness >= values[6])
        # Of equals on the border some are drawn, so only who is below it is sure to go.
        assert parent is not initiator or initiator.fitness >= min(values[2], values[6])


def test_truncation_of_two_members_copies_the_better_into_the_worse() -> None:
    worse, better = (completed(initial(SPEC, member), member + 1, float(member)) for member in range(2))
    assert child_of(TruncationSelection(0.2), [worse, better], worse).parent == 2
    assert child_of(TruncationSelection(0.2), [worse, better], better).parent == 2


def test_truncation_compares_the_initiator_in_place_of_its_members_newest() -> None:
    trials = [completed(initial(SPEC, member), member + 1, float(member)) for member in range(4)]
    newer = replace(trials[0], generation=1, number=9, fitness=10.0)
    assert child_of(TruncationSelection(0.25), [newer, *trials[1:]], trials[0]).parent == 4


@pytest.mark.parametrize("selection", [TruncationSelection(0.5), BinaryTournamentSelection()])
def test_a_member_that_is_ahead_is_compared_with_what_it_was(selection: Selection) -> None:
    initiator = completed(initial(SPEC, 0), 1, 0.5)
    then = completed(initial(SPEC, 1), 2, 0.4)
    ahead = replace(completed(initial(SPEC, 1), 3, 0.9), generation=1, start_step=5, end_step=10)
    assert child_of(selection, [initiator, ahead], initiator).parent == 3
    assert child_of(selection, [initiator, ahead, then], initiator).parent == 1


@pytest.mark.parametrize("selection", [TruncationSelection(0.5), BinaryTournamentSelection()])
def test_a_member_that_is_behind_is_compared_with_its_newest(selection: Selection) -> None:
    initiator = replace(completed(initial(SPEC, 0), 9, 0.5), generation=3)
    older, newer = (replace(completed(initial(SPEC, 1), n, f), generation=n) for n, f in ((1, 0.9), (2, 0.4)))
    assert child_of(selection, [newer, initiator, older], initiator).parent == 9


@dataclass
class Asked(Remembered):
    """Notes which candidates were read."""

    asked: list[object] = field(default_factory=list)

    def usable_in(self, first: int, last: int) -> list[Candidate]:
        self.asked.append((first, last))
        return Remembered.usable_in(self, first, last)

    def newest_usable(self) -> list[Candidate]:
        self.asked.append("newest")
        return Remembered.newest_usable(self)

    def standing_at(self, generation: int) -> list[Candidate]:
        self.asked.append(generation)
        return Remembered(self.trials).standing_at(generation)


@pytest.mark.parametrize("selection", [*SELECTIONS, NoSelection(), RandomSearch(8)])
@pytest.mark.parametrize("synchronous", [False, True])
def test_only_what_the_selection_compares_is_read(
    selection: Selection | RandomSearch, *, synchronous: bool
) -> None:
    initiator = replace(completed(initial(SPEC, 0), 1, 0.5), generation=4)
    if isinstance(selection, RandomSearch):
        spec = replace(SPEC, algorithm=selection)
    else:
        spec = pbt(selection=selection, synchronous=synchronous)
    history = Asked([initiator])
    decide(spec, history, Place(initiator), initiator)
    match selection:
        case InitiatorSelection(count):
            assert history.asked == [(5 - count, 4)]
        case NoSelection() | RandomSearch():
            assert history.asked == []
        case _:
            assert history.asked == ([(4, 4)] if synchronous else [4])


def test_the_window_of_the_first_generation_begins_with_it() -> None:
    initiator = completed(initial(SPEC, 0), 1, 0.5)
    history = Asked([initiator])
    decide(pbt(selection=InitiatorSelection(2)), history, Place(initiator), initiator)
    assert history.asked == [(0, 0)]


def test_streams_of_member_generation_and_purpose_are_all_different() -> None:
    places = (0, 1, 2, 2**19, 2**20 - 1)
    generations = (0, 1, 2, 2**39, 2**40 - 1)
    firsts = [Stream(1, m, g, p).below(2**64) for m in places for g in generations for p in Purpose]
    assert len({*firsts}) == len(firsts)
    for member, generation in ((2**20, 0), (0, 2**40), (-1, 0)):
        with pytest.raises(ValueError, match="no random stream"):
            Stream(1, member, generation, Purpose.SEED)


def schedule_of(spec_seed: int) -> list[object]:
    """Everything that is decided along 20 synchronous generations, as JSON has it."""
    spec = replace(
        pbt(selection=TruncationSelection(0.25), exploration=MUTATION, synchronous=True), seed=spec_seed
    )
    number = 0
    told: list[object] = []
    drafts = [initial(spec, member) for member in range(8)]
    for _ in range(20):
        trials = []
        for draft in drafts:
            number += 1
            rate = draft.parameters["rate"]
            assert isinstance(rate, float)
            trials.append(completed(draft, number, -abs(rate - 0.003)))
        told += [[t.member, t.generation, t.parent, t.seed, dict(t.parameters)] for t in trials]
        drafts = [c for t in trials if (c := decide(spec, Remembered(trials), Place(t, 0), t).child)]
    return told


def test_another_process_with_another_hash_seed_decides_the_same() -> None:
    module = "tests.algorithms.test_reproduction"
    program = f"import json; from {module} import schedule_of; print(json.dumps(schedule_of(11)))"
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=os.fspath(__file__).rsplit("/tests/", 1)[0],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert json.loads(told[0]) == json.loads(told[1]) == schedule_of(11)
    assert schedule_of(11) != schedule_of(12)


def test_better_settings_spread_through_a_population() -> None:
    told = schedule_of(3)
    first, last = ([abs(row[4]["rate"] - 0.003) for row in told[a:b]] for a, b in ((0, 8), (-8, None)))  # type: ignore[index]  # rows of schedule_of
    assert sum(last) < 0.3 * sum(first)
    assert all(a[1] <= b[1] for a, b in pairwise(told))  # type: ignore[index]  # rows of schedule_of
