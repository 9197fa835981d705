"""Hyperband and successive halving: what is promoted, and when."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from progenitor_controller.algorithms import has_failed, next_trial, planned_steps
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.rungs import brackets, published_sizes, rung_ends
from progenitor_storage.model.spec import Budget, Hyperband, InitialMember, Spec
from progenitor_storage.model.trial import StopCause, Trial

from .populations import SPEC, completed, stopped
from .searches import Fails, ended, search


def hyperband(configurations: int, longest: int, factor: int = 3, **changes: object) -> Spec:
    """Synchronous, of sessions of one step."""
    algorithm = Hyperband(factor, configurations, asynchronous=False)
    budget = Budget(max_steps=longest)
    return replace(SPEC, algorithm=algorithm, steps_per_trial=1, budget=budget, **changes)  # type: ignore[arg-type]


def asha(configurations: int, longest: int, factor: int = 3, **changes: object) -> Spec:
    algorithm = Hyperband(factor, configurations, asynchronous=True)
    return replace(hyperband(configurations, longest, factor, **changes), algorithm=algorithm)


Plan = Callable[..., Spec]
plans: st.SearchStrategy[Plan] = st.sampled_from([hyperband, asha])
slowly = settings(deadline=None, max_examples=40)


def dropout(trial: Trial) -> float:
    """The fitness of a configuration, whatever it is trained."""
    return float(trial.parameters["dropout"])


def trained(trials: Sequence[Trial]) -> int:
    return sum(trial.end_step - trial.start_step for trial in trials)


def up_to(trials: Sequence[Trial], end: int) -> list[int]:
    """Members of the sessions that end there."""
    return sorted(trial.member for trial in trials if trial.end_step == end)


# The plan.


def test_brackets_are_those_of_the_paper() -> None:
    # Li et al. 2018, table 1: R = 81, η = 3.
    assert published_sizes(4, 3) == [81, 34, 15, 8, 5]
    spec = hyperband(143, 81)
    assert isinstance(spec.algorithm, Hyperband)
    found = [(len(b.members), b.ends) for b in brackets(spec, spec.algorithm)]
    assert found == [
        (81, (1, 3, 9, 27, 81)),
        (34, (3, 9, 27, 81)),
        (15, (9, 27, 81)),
        (8, (27, 81)),
        (5, (81,)),
    ]
    trials = search(spec, dropout)
    finished = [
        Counter(t.end_step for t in trials if t.member in b.members) for b in brackets(spec, spec.algorithm)
    ]
    assert finished == [
        {1: 81, 3: 27, 9: 9, 27: 3, 81: 1},
        {3: 34, 9: 11, 27: 3, 81: 1},
        {9: 15, 27: 5, 81: 1},
        {27: 8, 81: 2},
        {81: 5},
    ]


@given(st.integers(1, 2**39), st.integers(1, 2**40), st.integers(2, 100_000))
def test_rungs_rise_by_about_the_reduction_factor_to_the_end(first: int, more: int, factor: int) -> None:
    spec = replace(hyperband(9, first + more, factor), steps_per_trial=first)
    assert isinstance(spec.algorithm, Hyperband)
    *ends, last = rung_ends(spec, spec.algorithm)
    assert ends == [first * factor**rung for rung in range(len(ends))]
    assert last == first + more
    assert (last / ends[-1]) <= factor**1.5 * 1.0001
    if len(ends) > 1:
        assert last / ends[-1] >= factor**0.5 * 0.9999


@given(st.integers(1, 1000), st.integers(2, 300), st.integers(2, 5))
def test_every_configuration_is_in_one_bracket_in_the_papers_proportions(
    configurations: int, longest: int, factor: int
) -> None:
    spec = hyperband(configurations, longest, factor)
    assert isinstance(spec.algorithm, Hyperband)
    found = brackets(spec, spec.algorithm)
    assert [member for bracket in found for member in bracket.members] == list(range(configurations))
    ends = rung_ends(spec, spec.algorithm)
    sizes = published_sizes(len(ends) - 1, factor)
    for bracket in found:
        share = sizes[len(ends) - len(bracket.ends)] / sum(sizes)
        assert abs(len(bracket.members) - share * configurations) < 1


@slowly
@given(st.integers(1, 60), st.integers(2, 40), st.integers(2, 4), st.integers(0, 3), st.randoms())
def test_what_is_planned_is_trained(
    configurations: int, longest: int, factor: int, seed: int, fate: Random
) -> None:
    spec = hyperband(configurations, longest, factor, seed=seed)
    assert trained(search(spec, lambda _: fate.random())) == planned_steps(spec)


# Synchronous.


@pytest.mark.parametrize("workers", [1, 3, 20])
def test_workers_and_timing_change_nothing(workers: int) -> None:
    spec = hyperband(30, 9)

    def sessions(trials: Sequence[Trial]) -> set[object]:
        return {
            (t.member, t.generation, t.start_step, t.end_step, t.seed, t.parameters["rate"]) for t in trials
        }

    assert sessions(search(spec, dropout, workers, timing=workers)) == sessions(search(spec, dropout))


def test_the_best_third_of_a_finished_rung_goes_on_with_its_own_weights_and_hyperparameters() -> None:
    trials = search(asha(9, 3), dropout, workers=9)
    by_number = {trial.number: trial for trial in trials}
    promoted = [trial for trial in trials if trial.parent is not None]
    first = sorted((trial for trial in trials if trial.parent is None), key=dropout)
    assert {trial.member for trial in promoted} >= {trial.member for trial in first[-3:]}
    for trial in promoted:
        parent = by_number[trial.parent or 0]
        assert (trial.member, trial.initiator) == (parent.member, parent.number)
        assert trial.parameters == parent.parameters
        assert trial.warm_start == parent.checkpoint
        assert (trial.start_step, trial.generation) == (parent.end_step, parent.generation + 1)


def test_nobody_goes_on_before_all_of_its_rung_have_ended() -> None:
    spec = hyperband(4, 3)  # three begin with a step, one with three
    assert isinstance(spec.algorithm, Hyperband)
    assert [len(bracket.members) for bracket in brackets(spec, spec.algorithm)] == [2, 2]
    drafts: list[Trial] = []
    while draft := next_trial(spec, Remembered(drafts)):
        drafts.append(replace(draft, number=len(drafts) + 1))
    assert [trial.end_step for trial in drafts] == [1, 1, 3, 3]
    one = completed(drafts[0], 1, 5.0)
    assert next_trial(spec, Remembered([one, *drafts[1:]])) is None
    other = completed(drafts[1], 2, 6.0)
    promoted = next_trial(spec, Remembered([one, other, *drafts[2:]]))
    assert promoted
    assert (promoted.parent, promoted.end_step) == (2, 3)


@pytest.mark.parametrize("plan", [hyperband, asha])
def test_of_equal_configurations_the_lower_members_go_on(plan: Plan) -> None:
    spec = plan(9, 3)
    trials = search(spec, lambda _: 1.0)
    assert up_to([t for t in trials if t.start_step], 3) == ([0, 1, 2] if plan is asha else [0])


# Asynchronous.


@slowly
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99), st.integers(2, 4))
def test_who_is_promoted_is_among_the_best_of_its_rung_at_that_time(
    configurations: int, workers: int, timing: int, factor: int
) -> None:
    spec = asha(configurations, 20, factor)
    assert isinstance(spec.algorithm, Hyperband)
    ends = rung_ends(spec, spec.algorithm)
    done: list[Trial] = []
    training: list[Trial] = []
    drawn = Random(timing)
    while True:
        draft = next_trial(spec, Remembered([*done, *training])) if len(training) < workers else None
        if draft is None and not training:
            break
        if draft is None:
            done.append(ended(training.pop(drawn.randrange(len(training))), dropout))
            continue
        if draft.parent is not None:
            rung = ends.index(draft.start_step)
            ranked = sorted((-dropout(t), t.member) for t in done if t.end_step == ends[rung])
            place = ranked.index((-dropout(draft), draft.member))
            led = len(training) == 0 and len({t.member for t in done}) == configurations
            assert place < len(ranked) // factor or led
        training.append(replace(draft, number=len(done) + len(training) + 1))
    best = max(done, key=lambda trial: (dropout(trial), -trial.member))
    assert best.member in up_to(done, 20), "the best of all is trained to the end"


def test_a_configuration_may_be_promoted_long_after_it_has_ended() -> None:
    spec = asha(12, 3)
    scores = [5, 9, 8, 7, *[1] * 8]
    trials = search(spec, lambda trial: scores[trial.member])
    promoted = [(trial.member, trial.number) for trial in trials if trial.start_step]
    # Of three the best; of six the second best, whose session was trial 3.
    assert promoted == [(1, 4), (2, 8), (3, 12), (0, 16)]


def test_the_best_is_led_to_the_end_where_there_are_too_few_for_every_rung() -> None:
    trials = search(asha(2, 27), dropout)
    assert Counter(trial.end_step for trial in trials) == {1: 2, 3: 1, 9: 1, 27: 1}


def test_no_more_are_led_there_than_may_fail() -> None:
    def score(trial: Trial) -> float:
        if trial.start_step:
            raise Fails
        return dropout(trial)

    trials = search(asha(50, 3, factor=100), score)
    assert len([trial for trial in trials if trial.start_step]) == SPEC.max_failures_per_trial


# Failures, early stopping, limits.


@pytest.mark.parametrize("plan", [hyperband, asha])
def test_what_failed_or_has_no_finite_fitness_is_out_and_counts(plan: Plan) -> None:
    spec = plan(27, 9)

    def score(trial: Trial) -> float | None:
        if trial.member % 3 == 0:
            raise Fails
        return None if trial.member % 3 == 1 else dropout(trial)

    trials = search(spec, score, workers=4)
    gone = [trial.member for trial in trials if trial.member % 3 < 2]
    assert len(gone) == len(set(gone)), "one session each"
    assert 9 in {trial.end_step for trial in trials if trial.fitness is not None}
    assert not has_failed(spec, Remembered(trials))


@pytest.mark.parametrize("plan", [hyperband, asha])
def test_a_search_of_failures_has_failed(plan: Plan) -> None:
    spec = plan(9, 9)
    trials = search(spec, lambda _: None)
    assert len(trials) == 9
    assert has_failed(spec, Remembered(trials))
    assert not has_failed(spec, Remembered(trials[:-1]))


def test_what_the_stopping_rule_has_ended_is_out_and_counts() -> None:
    spec = asha(6, 3)
    first = first_session(spec)
    best, good = (completed(replace(first, member=n), n + 1, 1.0 / n) for n in (1, 2))
    ends = [stopped(first, 1, StopCause.RULE), best, good]
    promoted = next_trial(spec, Remembered(ends))
    assert promoted
    assert promoted.parent == 2, "one of three"


@pytest.mark.parametrize("plan", [hyperband, asha])
def test_what_a_limit_has_interrupted_goes_on_when_it_is_raised(plan: Plan) -> None:
    spec = plan(9, 9)
    trials = search(spec, dropout)
    later = next(trial for trial in trials if trial.start_step)
    before = [trial for trial in trials if trial.number < later.number]
    first = before[0]
    interrupted = [
        stopped(first, first.number, StopCause.LIMIT),
        *before[1:],
        stopped(later, later.number, StopCause.LIMIT),
    ]
    repeated = next_trial(spec, Remembered(interrupted))
    assert repeated
    assert (repeated.member, repeated.initiator, repeated.parent) == (first.member, first.number, None)
    assert (repeated.start_step, repeated.end_step) == (0, first.end_step)
    assert (repeated.generation, repeated.parameters) == (1, first.parameters)
    again = replace(first, number=99, generation=1)
    repeated = next_trial(spec, Remembered([*interrupted, again]))
    assert repeated
    assert (repeated.member, repeated.initiator, repeated.parent) == (
        later.member,
        later.number,
        later.parent,
    )
    assert (repeated.start_step, repeated.end_step) == (later.start_step, later.end_step)
    assert repeated.generation == later.generation + 1


@slowly
@given(plans, st.integers(1, 30), st.integers(2, 30), st.integers(2, 60), st.integers(1, 5))
def test_a_search_with_another_end_goes_on_and_comes_to_it(
    plan: Plan, configurations: int, before: int, after: int, workers: int
) -> None:
    spec = plan(configurations, before)
    done = search(spec, dropout, workers)
    spec = replace(spec, budget=Budget(max_steps=after))
    while draft := next_trial(spec, Remembered(done)):
        assert draft.start_step < draft.end_step <= after
        done.append(completed(draft, len(done) + 1, dropout(draft)))
        assert len(done) < 1000
    places = Counter((trial.member, trial.generation) for trial in done)
    assert max(places.values()) == 1
    assert max(trial.end_step for trial in done) >= after


@slowly
@given(plans, st.integers(1, 30), st.integers(1, 8), st.data())
def test_members_that_were_given_a_checkpoint_begin_there(
    plan: Plan, configurations: int, workers: int, data: st.DataObject
) -> None:
    given_starts = data.draw(st.lists(st.integers(0, 26), max_size=configurations))
    members = tuple(InitialMember({}, "a checkpoint", start) for start in given_starts)
    spec = plan(configurations, 27, initial_population=members)
    trials = search(spec, dropout, workers)
    first = {trial.member: trial for trial in trials if trial.parent is None}
    assert len(first) == configurations
    for member, start in enumerate(given_starts):
        assert first[member].start_step == start < first[member].end_step
    assert 27 in {trial.end_step for trial in trials}


# The decision.


@slowly
@given(plans, st.integers(1, 30), st.integers(0, 60), st.randoms())
def test_the_order_of_reading_changes_nothing(
    plan: Plan, configurations: int, some: int, order: Random
) -> None:
    spec = plan(configurations, 27)
    trials = search(spec, lambda trial: round(dropout(trial), 1), workers=4, most=some)
    shuffled = list(trials)
    order.shuffle(shuffled)
    assert next_trial(spec, Remembered(shuffled)) == next_trial(spec, Remembered(trials))


@slowly
@given(plans, st.integers(1, 30), st.integers(1, 9), st.integers(0, 9))
def test_each_lineage_is_one_chain_of_rungs(
    plan: Plan, configurations: int, workers: int, timing: int
) -> None:
    spec = plan(configurations, 27)
    trials = search(spec, dropout, workers, timing)
    assert sorted({trial.member for trial in trials}) == list(range(configurations))
    for member in range(configurations):
        own = sorted((t for t in trials if t.member == member), key=lambda t: t.generation)
        assert [t.generation for t in own] == list(range(len(own)))
        assert all(after.parent == before.number for before, after in pairwise(own))
    assert len([t for t in trials if t.end_step == 27]) >= 1


def first_session(spec: Spec) -> Trial:
    draft = next_trial(spec, Remembered([]))
    assert draft
    return draft
