"""Several objectives: ranks and crowding, and what selections make of them."""

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide
from progenitor_controller.algorithms.pareto import Point, crowding, dominates, objectives, scores
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    Fitness,
    Goal,
    InitiatorSelection,
    MetricSpec,
    Selection,
    Spec,
    TruncationSelection,
)
from progenitor_storage.model.trial import Measurement, Trial

from .populations import failed, pbt, populations

METRICS = (MetricSpec("accuracy", Goal.MAXIMIZE), MetricSpec("size", Goal.MINIMIZE, weight=0.1))
COMPARING: tuple[Selection, ...] = (
    TruncationSelection(0.2),
    TruncationSelection(0.5),
    BinaryTournamentSelection(),
    InitiatorSelection(1),
    InitiatorSelection(2),
)

few = st.integers(-2, 2).map(float)  # so that points meet and share values
any_finite = st.floats(allow_nan=False, allow_infinity=False)


def points(values: st.SearchStrategy[float] = few | any_finite) -> st.SearchStrategy[list[Point]]:
    return st.integers(1, 4).flatmap(
        lambda size: st.lists(st.tuples(*[values] * size), min_size=1, max_size=14)
    )


def ranks_by_definition(of: list[Point]) -> dict[Point, int]:
    left, rank, found = set(of), 0, {}
    while left:
        front = {point for point in left if not any(dominates(other, point) for other in left)}
        found.update(dict.fromkeys(front, rank))
        left -= front
        rank += 1
    return found


@given(points())
def test_the_lower_rank_is_fitter(of: list[Point]) -> None:
    rank = ranks_by_definition(of)
    for (a, mine), (b, other) in product(zip(of, scores(of), strict=True), repeat=2):
        if rank[a] < rank[b]:
            assert mine > other
        if a == b:
            assert mine == other


@given(points(), st.randoms())
def test_the_order_of_points_decides_nothing(of: list[Point], shuffle: random.Random) -> None:
    shuffled = list(of)
    shuffle.shuffle(shuffled)
    assert dict(zip(of, scores(of), strict=True)) == dict(zip(shuffled, scores(shuffled), strict=True))


@given(points(few), st.integers(-1000, 1000), st.sampled_from((0.25, 1.0, 8.0)))
def test_units_and_shifts_of_a_metric_decide_nothing(of: list[Point], shift: int, unit: float) -> None:
    moved = [(point[0] * unit + shift, *point[1:]) for point in of]
    assert scores(moved) == scores(of)


@given(points(), st.data())
def test_what_is_there_twice_changes_nothing_for_the_others(of: list[Point], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(of))
    assert scores([*of, again])[: len(of)] == scores(of)


def test_of_a_rank_the_ends_come_first_then_the_less_crowded() -> None:
    line = [(0.0, 10.0), (1.0, 9.0), (2.0, 8.0), (6.0, 4.0), (10.0, 0.0)]
    by_score = dict(zip(line, scores(line), strict=True))
    assert by_score[0.0, 10.0] == by_score[10.0, 0.0]
    expected = [(0.0, 10.0), (6.0, 4.0), (2.0, 8.0), (1.0, 9.0)]  # 2 · 8/10, 2 · 5/10, 2 · 2/10
    assert sorted(line[:-1], key=lambda point: -by_score[point]) == expected
    assert crowding(np.array(line))[1:4] == pytest.approx([0.4, 1.0, 1.6])


@given(st.lists(st.tuples(any_finite, any_finite), min_size=1, max_size=14, unique=True))
def test_crowding_is_a_number_however_large_the_values_are(of: list[Point]) -> None:
    assert not np.isnan(crowding(np.array(of))).any()


@given(st.lists(any_finite, min_size=2, max_size=2))
def test_minimizing_mirrors_maximizing_and_weights_do_not_count(values: list[float]) -> None:
    names = ("a", "b")
    down = tuple(MetricSpec(name, Goal.MINIMIZE, weight=3.0) for name in names)
    up = tuple(MetricSpec(name, Goal.MAXIMIZE, weight=0.5) for name in names)
    given_values = dict(zip(names, values, strict=True))
    mirrored = {name: -value for name, value in given_values.items()}
    assert objectives(down, given_values) == objectives(up, mirrored)


# Selections.


def pareto(selection: Selection) -> Spec:
    return replace(pbt(selection=selection, fitness=Fitness.PARETO), metrics=METRICS)


@st.composite
def measured(draw: st.DrawFn, generations: int = 1) -> list[Trial]:
    trials = draw(populations(least=2, generations=generations))
    return [
        replace(t, measurement=Measurement(t.end_step, {"accuracy": draw(few), "size": draw(few)}))
        for t in trials
    ]


def point_of(trial: Trial) -> Point:
    assert trial.measurement
    return objectives(METRICS, trial.measurement.metrics)


def parent_of(selection: Selection, trials: list[Trial], initiator: Trial) -> Trial:
    own = initiator if initiator.usable else None
    child = decide(pareto(selection), Remembered(trials), Place(own), initiator).child
    assert child
    return next(trial for trial in trials if trial.number == child.parent)


@pytest.mark.parametrize("selection", COMPARING)
@given(st.data(), measured(generations=2))
def test_nobody_yields_to_one_that_it_dominates_nor_but_by_truncation_to_an_equal(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    parent = parent_of(selection, trials, initiator)
    if parent is not initiator:
        assert parent.member != initiator.member
        assert isinstance(selection, TruncationSelection) or point_of(parent) != point_of(initiator)
        assert not dominates(point_of(initiator), point_of(parent))


@pytest.mark.parametrize("selection", COMPARING)
@given(st.data(), measured(generations=2), st.randoms(), st.sampled_from((0.5, 4.0)))
def test_weights_and_the_order_of_reading_change_no_decision(
    selection: Selection, data: st.DataObject, trials: list[Trial], shuffle: random.Random, weight: float
) -> None:
    initiator = data.draw(st.sampled_from(trials))
    shuffled = [replace(trial, fitness=weight * (trial.fitness or 0.0) / 1e9) for trial in trials]
    same = next(trial for trial in shuffled if trial.number == initiator.number)
    shuffle.shuffle(shuffled)
    first = parent_of(selection, trials, initiator)
    assert parent_of(selection, shuffled, same).number == first.number


@pytest.mark.parametrize("selection", COMPARING)
@given(st.data(), measured())
def test_who_failed_is_never_a_parent_and_always_yields(
    selection: Selection, data: st.DataObject, trials: list[Trial]
) -> None:
    one, other = data.draw(st.permutations(trials))[:2]
    lost = failed(replace(one, fitness=None, measurement=None, checkpoint=None), one.number)
    trials = [lost if trial is one else trial for trial in trials]
    assert parent_of(selection, trials, lost).member != lost.member
    assert parent_of(selection, trials, other).number != lost.number


@given(measured())
def test_truncation_copies_from_the_best_ranks_into_the_worst(trials: list[Trial]) -> None:
    assume(len(trials) >= 5)
    by_point = dict(zip(map(point_of, trials), scores([point_of(t) for t in trials]), strict=True))
    values = sorted(by_point[point_of(trial)] for trial in trials)
    cut = -(-len(trials) // 5)  # ⌈n · 0.2⌉
    for initiator in trials:
        parent = parent_of(TruncationSelection(0.2), trials, initiator)
        if parent is not initiator:
            assert by_point[point_of(initiator)] <= values[cut - 1]
            assert by_point[point_of(parent)] >= values[-cut]
