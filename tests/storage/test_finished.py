"""What a stopping rule is given to compare with: completed sessions, the newest, no more than it asked for."""

from dataclasses import replace

import pytest

from progenitor_storage import Database, Transaction
from progenitor_storage.finished import FinishedSession
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Measurement, Trial, TrialState

from .calls import completed, draft, look, run, started


def train(tx: Transaction, study: Study, trial: Trial, fitness: float | None) -> Trial:
    """Completes a session, with what it measured at its end."""
    running = started(tx, study, tx.trials.insert(study, trial))
    done = replace(completed(running), fitness=fitness)
    return tx.trials.save(
        study, running, replace(done, measurement=Measurement(done.end_step, {"a": fitness or 0.0}))
    )


@pytest.fixture
def filled(database: Database) -> Database:
    """Ten members: all completed their first session but member 3; every second one its next, member 4 in vain."""

    def fill(tx: Transaction, study: Study) -> None:
        first = {}
        for member in range(10):
            if member == 3:
                running = started(tx, study, tx.trials.insert(study, draft(member)))
                tx.trials.save(study, running, replace(running, state=TrialState.FAILED, lease=None))
            else:
                first[member] = train(tx, study, draft(member), float(member))
        for member in range(0, 10, 2):
            child = draft(member, 1, initiator=first[member].number, start_step=10)
            train(tx, study, child, None if member == 4 else member + 0.5)

    run(database, fill)
    return database


def members(found: list[FinishedSession]) -> list[int]:
    return [session.member for session in found]


def test_a_generation_is_read_newest_first_among_those_asked_for(filled: Database) -> None:
    def ask(generation: int, among: range, limit: int) -> list[int]:
        return members(look(filled, lambda tx, s: tx.finished.in_generation(s, generation, among, limit)))

    assert ask(0, range(10), 99) == [9, 8, 7, 6, 5, 4, 2, 1, 0]
    assert ask(0, range(1, 6), 3) == [5, 4, 2]
    assert ask(1, range(10), 99) == [8, 6, 2, 0]
    assert ask(2, range(10), 99) == []


def test_the_furthest_session_of_each_member_is_read_if_it_is_far_enough(filled: Database) -> None:
    def ask(least: int, limit: int) -> list[tuple[int, int, float]]:
        found = look(filled, lambda tx, s: tx.finished.furthest(s, least, limit))
        return [(f.member, f.measurement.step, f.measurement.metrics["a"]) for f in found]

    assert ask(11, 99) == [(8, 20, 8.5), (6, 20, 6.5), (2, 20, 2.5), (0, 20, 0.5)]
    assert [member for member, *_ in ask(10, 99)] == [8, 6, 2, 0, 9, 7, 5, 4, 1]
    assert [member for member, *_ in ask(0, 2)] == [8, 6]
    assert ask(21, 99) == []


def test_the_sessions_of_members_are_read_by_member_and_generation(filled: Database) -> None:
    def ask(of: list[int], generations: list[int]) -> list[tuple[int, int]]:
        found = look(filled, lambda tx, s: tx.finished.sessions(s, of, generations))
        return [(session.member, session.generation) for session in found]

    assert ask([4, 3, 2], [0, 1]) == [(2, 0), (2, 1), (4, 0)]
    assert ask([2], [1]) == [(2, 1)]
    assert ask([], [0]) == ask([1], []) == []
