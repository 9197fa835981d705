"""Exploration by a model of gains: what runs meanwhile, and what is drawn instead of expected."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

import pytest

from progenitor_storage.model.spec import PendingTrials
from progenitor_storage.model.trial import Observation

from .observations import X, gains, observed, running, suggested

REPELLING = (PendingTrials.MEAN, PendingTrials.PESSIMISTIC)
"""What is thought better than expected attracts as well: `optimistic` is left out."""
NOISE = gains(lambda _, number: float(number * 7 % 10), 10)


def chosen(observations: Sequence[Observation], member: int, pending: PendingTrials, *others: float) -> float:
    """Beside others that are running."""
    unfinished = [running(100 + place, {"x": x}) for place, x in enumerate(others)]
    return float(suggested(observations, [X], unfinished=unfinished, pending=pending, member=member)["x"])


@pytest.mark.parametrize("pending", REPELLING)
def test_members_that_run_together_do_not_pile_up_whatever_is_drawn(pending: PendingTrials) -> None:
    together: list[float] = []
    for _ in range(4):
        together.append(chosen(NOISE, 0, pending, *together))
    assert all(after - before > 1e-3 for before, after in pairwise(sorted(together)))


@pytest.mark.parametrize("pending", [*REPELLING, PendingTrials.OPTIMISTIC])
def test_what_is_running_changes_what_is_suggested(pending: PendingTrials) -> None:
    def changes(member: int) -> bool:
        first = chosen(NOISE, member, pending)
        return chosen(NOISE, member, pending, first) != first

    assert sum(map(changes, range(8))) >= 4


def test_the_better_what_is_running_is_thought_to_be_the_nearer_is_what_is_suggested() -> None:
    optimistic, mean, pessimistic = (
        fmean(abs(chosen(NOISE, member, pending, 0.5) - 0.5) for member in range(4))
        for pending in (PendingTrials.OPTIMISTIC, PendingTrials.MEAN, PendingTrials.PESSIMISTIC)
    )
    assert optimistic + 0.05 < mean < pessimistic - 0.05


def test_draws_of_members_that_run_together_differ_and_go_where_little_is_known() -> None:
    """What is known lies between 0.4 and 0.6 and says that more is better."""
    known = [observed(n, {"x": x}, 0.0, x) for n in range(8) for x in [0.4 + 0.2 * (n * 0.618 % 1.0)]]
    draws = [chosen(known, member, PendingTrials.THOMPSON_SAMPLING) for member in range(8)]
    assert len(set(draws)) == len(draws)
    assert min(draws) < 0.35
    assert max(draws) > 0.75
