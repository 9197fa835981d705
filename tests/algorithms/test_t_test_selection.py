"""Welch's t-test along two lineages."""

from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from progenitor_controller.algorithms import Place, decide, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.selection.t_test import significantly_less
from progenitor_storage.model.spec import TTestSelection
from progenitor_storage.model.trial import Trial

from .populations import SPEC, completed, failed, pbt

evaluations = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=12)


def lineage(member: int, values: list[float], first_number: int) -> list[Trial]:
    """A member that goes on alone, one generation after the other."""
    trials: list[Trial] = []
    for generation, value in enumerate(values):
        draft = Trial(
            member=member,
            generation=generation,
            parameters=initial(SPEC, member).parameters,
            seed=0,
            start_step=5 * generation,
            end_step=5 * generation + 5,
            parent=trials[-1].number if trials else None,
        )
        trials.append(completed(draft, first_number + generation, value))
    return trials


def yields(mine: list[float], others: list[float], significance: float = 0.05, window: int = 10) -> bool:
    """Whether the newest of a lineage is replaced by that of another of the same length."""
    spec = pbt(selection=TTestSelection(significance, window))
    first, second = lineage(0, mine, 1), lineage(1, others, 100)
    child = decide(spec, Remembered([*first, *second]), Place(first[-1]), first[-1]).child
    assert child
    assert child.parent in {first[-1].number, second[-1].number}
    assert child.opponent == second[-1].number
    return child.parent == second[-1].number


@given(evaluations, evaluations)
def test_it_agrees_with_scipys_welch_test(mine: list[float], others: list[float]) -> None:
    assume(min(len(set(mine)), len(set(others))) > 1)  # else scipy warns of it
    greater = fmean(others) > fmean(mine)
    probability = float(ttest_ind(mine, others, equal_var=False).pvalue)
    for significance in (0.001, 0.05, 0.3):
        if abs(probability - significance) > 1e-9:
            assert significantly_less(mine, others, significance) == (greater and probability < significance)


@given(evaluations, evaluations, st.sampled_from((0.25, 4.0, 2.0**900)), st.integers(-1000, 1000))
def test_shift_and_unit_of_the_fitness_decide_nothing(
    mine: list[float], others: list[float], unit: float, shift: int
) -> None:
    plain = significantly_less(mine, others, 0.05)
    assume(significantly_less(mine, others, 0.05 - 1e-9) == significantly_less(mine, others, 0.05 + 1e-9))
    assert significantly_less([v * unit for v in mine], [v * unit for v in others], 0.05) == plain
    assert significantly_less([v + shift for v in mine], [v + shift for v in others], 0.05) == plain


@given(evaluations, evaluations)
def test_of_two_at_most_one_yields_and_of_equals_none(mine: list[float], others: list[float]) -> None:
    assert not (significantly_less(mine, others, 0.05) and significantly_less(others, mine, 0.05))
    assert not significantly_less(mine, mine, 0.99)


@pytest.mark.parametrize("others", [[100.0], [100.0, 101.0]])
def test_too_few_evaluations_are_never_significant(others: list[float]) -> None:
    assert not significantly_less([0.0], others, 0.5)
    assert not significantly_less(others, [1000.0], 0.5)


def test_without_any_variance_a_difference_is_certain() -> None:
    assert significantly_less([1.0, 1.0], [1.5, 1.5], 0.05)


def test_a_member_yields_to_a_lineage_that_is_better_beyond_chance() -> None:
    assert yields([1.0, 1.1, 0.9, 1.0], [2.0, 2.1, 1.9, 2.0])
    assert not yields([1.0, 1.1, 0.9, 1.0], [1.0, 1.2, 0.9, 1.0])
    assert not yields([2.0, 2.1, 1.9, 2.0], [1.0, 1.1, 0.9, 1.0])
    assert not yields([1.0], [2.0]), "one evaluation each"


def test_only_the_last_of_the_window_count() -> None:
    mine, others = [9.0, 9.0, 1.0, 1.1, 0.9], [0.0, 0.0, 2.0, 2.1, 1.9]
    assert yields(mine, others, window=3)
    assert not yields(mine, others, window=5)


def test_the_lineage_is_the_chain_of_parents_not_the_member() -> None:
    """A place that has copied another brings the evaluations of what it copied, and no others."""
    mine, copied, rival = (
        lineage(0, [5.0, 5.1, 4.9], 1),
        lineage(1, [1.0, 1.1], 100),
        lineage(2, [3.0, 3.1, 2.9], 200),
    )
    initiator = replace(mine[2], parent=copied[1].number, fitness=0.9)
    met = 0
    for seed in range(20):
        spec = replace(pbt(selection=TTestSelection(0.05, 10)), seed=seed)
        trials = [*mine[:2], initiator, *copied, *rival]
        child = decide(spec, Remembered(trials), Place(initiator), initiator).child
        assert child
        if child.opponent == rival[-1].number:
            met += 1
            assert child.parent == rival[-1].number
    assert met


def test_an_unusable_initiator_always_yields() -> None:
    spec = pbt(selection=TTestSelection(0.05, 10))
    rival = lineage(1, [1.0], 100)[0]
    lost = failed(replace(lineage(0, [5.0], 1)[0], fitness=None, checkpoint=None), 1)
    child = decide(spec, Remembered([lost, rival]), Place(None), lost).child
    assert child
    assert child.parent == rival.number
