"""What is read of trials, by whom it is asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.model.spec import Parameters
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Candidate, StopCause, Trial, TrialState

from .calls import OTHER, WORKER, completed, draft, ended, look, pages_of, run, started, train

Query = Callable[[Snapshot, Study], Sequence[Trial] | Sequence[Candidate]]


def numbers(database: Database, query: Query) -> list[int]:
    """As a snapshot gives it, and as a call gives it that holds the lock."""
    read = [trial.number for trial in look(database, query)]
    assert [trial.number for trial in run(database, query)] == read
    return read


def test_held_trials_are_found_by_holder_and_by_expiry(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        first, second, third, fourth = (tx.trials.insert(study, draft(member)) for member in range(4))
        tx.trials.claim(study, second, WORKER, tx.now - 1)
        running = tx.trials.claim(study, first, WORKER, tx.now + 60)
        assert running is not None
        tx.trials.save(study, running, replace(running, state=TrialState.STOPPING))
        started(tx, study, third, OTHER)
        done = started(tx, study, fourth, OTHER)
        tx.trials.save(study, done, completed(done))

    assert_nothing = run(database, lambda tx, study: tx.trials.held(study))
    assert assert_nothing == []
    run(database, fill)
    assert numbers(database, lambda tx, study: tx.trials.held(study)) == [1, 2, 3]
    assert numbers(database, lambda tx, study: tx.trials.held_by(study, WORKER.id)) == [1, 2]
    assert numbers(database, lambda tx, study: tx.trials.held_by(study, OTHER.id)) == [3]
    assert numbers(database, lambda tx, study: tx.trials.held_by(study, "nobody")) == []
    assert numbers(database, lambda tx, study: tx.trials.expired(study)) == [2]


def test_preempted_trials_wait_before_pending_ones(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(6):
            trial = tx.trials.insert(study, draft(member))
            if member in (2, 4):
                running = started(tx, study, trial)
                tx.trials.save(study, running, ended(running, TrialState.PREEMPTED))
            if member == 3:
                started(tx, study, trial)

    run(database, lambda *_: None)
    assert numbers(database, lambda tx, study: tx.trials.waiting(study, 9)) == []
    run(database, fill)
    assert numbers(database, lambda tx, study: tx.trials.waiting(study, 9)) == [3, 5, 1, 2, 6]
    assert numbers(database, lambda tx, study: tx.trials.waiting(study, 3)) == [3, 5, 1]
    assert numbers(database, lambda tx, study: tx.trials.waiting(study, 2)) == [3, 5]
    assert numbers(database, lambda tx, study: tx.trials.waiting(study, 1)) == [3]


def test_generations_are_open_until_every_trial_up_to_them_is_final(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        train(tx, study, draft(0))
        train(tx, study, draft(1))
        tx.trials.insert(study, draft(0, 1, initiator=1))

    run(database, fill)
    all_members = range(2)
    assert not look(database, lambda tx, study: tx.trials.open_up_to(study, 0, all_members))
    assert look(database, lambda tx, study: tx.trials.open_up_to(study, 1, all_members))
    assert look(database, lambda tx, study: tx.trials.open_up_to(study, 2, all_members))
    assert not look(database, lambda tx, study: tx.trials.open_up_to(study, 2, range(1, 2)))


def test_only_usable_trials_are_candidates(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        train(tx, study, draft(0))
        train(tx, study, draft(1), None)
        failed = started(tx, study, tx.trials.insert(study, draft(2)))
        tx.trials.save(study, failed, ended(failed))
        train(tx, study, draft(0, 1, initiator=1))
        train(tx, study, draft(1, 1, initiator=2))
        train(tx, study, draft(0, 2, initiator=4))
        train(tx, study, draft(3))
        tx.checkpoints.mark_deleted(study, "uid/7/1/10")

    run(database, fill)
    assert numbers(database, lambda tx, study: tx.candidates.usable_in(study, 0, 0)) == [1]
    assert numbers(database, lambda tx, study: tx.candidates.usable_in(study, 0, 1)) == [1, 4, 5]
    assert numbers(database, lambda tx, study: tx.candidates.usable_in(study, 1, 2)) == [4, 5, 6]
    assert numbers(database, lambda tx, study: tx.candidates.newest(study)) == [6, 5]
    assert numbers(database, lambda tx, study: tx.candidates.standing_at(study, 0)) == [1, 5]
    assert numbers(database, lambda tx, study: tx.candidates.standing_at(study, 1)) == [4, 5]
    assert numbers(database, lambda tx, study: tx.candidates.standing_at(study, 9)) == [6, 5]


def test_what_a_search_reads_of_many_trials(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member, cause in enumerate((StopCause.NONE, StopCause.LIMIT, StopCause.RULE, StopCause.LIMIT)):
            parameters: Parameters = {"rate": member / 10, "kind": "a"}
            trial = started(tx, study, tx.trials.insert(study, replace(draft(member), parameters=parameters)))
            stopped = ended(trial, TrialState.STOPPED) if cause is not StopCause.NONE else ended(trial)
            tx.trials.save(study, trial, replace(stopped, stop_cause=cause))

    run(database, fill)
    assert look(database, lambda tx, study: tx.candidates.interrupted(study)) == {2, 4}
    found = look(database, lambda tx, study: tx.candidates.parameters(study, [3, 1, 99]))
    assert found == {1: {"rate": 0.0, "kind": "a"}, 3: {"rate": 0.2, "kind": "a"}}


def test_trials_are_paged_by_number_of_all_or_some_states(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(6):
            trial = tx.trials.insert(study, draft(member))
            if member % 2:
                started(tx, study, trial)

    run(database, fill)
    running, pending = TrialState.RUNNING, TrialState.PENDING
    assert numbers(database, lambda tx, study: tx.trials.page(study, (), 0, 4)) == [1, 2, 3, 4]
    assert numbers(database, lambda tx, study: tx.trials.page(study, (), 4, 4)) == [5, 6]
    assert numbers(database, lambda tx, study: tx.trials.page(study, {running}, 2, 9)) == [4, 6]
    assert numbers(database, lambda tx, study: tx.trials.page(study, [running, pending], 2, 2)) == [3, 4]
    assert numbers(database, lambda tx, study: tx.trials.page(study, [TrialState.FAILED], 0, 9)) == []


def test_the_best_come_first_and_equals_by_number(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member, fitness in enumerate([1.0, 3.0, None, 2.0, 3.0, -1.0, 0.0, -0.0, 3.0]):
            train(tx, study, draft(member), fitness)
        tx.trials.insert(study, draft(20))

    run(database, fill)
    order = [2, 5, 9, 4, 1, 7, 8, 6]
    assert numbers(database, lambda tx, study: tx.trials.best(study, None, 99)) == order
    seen = pages_of(
        database,
        lambda tx, study, after: tx.trials.best(study, after, 3),
        lambda trial: (trial.fitness, trial.number),
    )
    assert [trial.number for trial in seen] == order


def test_what_changed_since_a_token_comes_in_the_order_of_the_newest_changes(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> int:
        first = tx.trials.insert(study, draft(0))
        second = tx.trials.insert(study, draft(1))
        token = tx.trials.insert(study, draft(2)).change
        started(tx, study, second)
        started(tx, study, first)
        return token

    token = run(database, fill)
    assert numbers(database, lambda tx, study: tx.trials.changed(study, token, 9)) == [2, 1]
    assert numbers(database, lambda tx, study: tx.trials.changed(study, token, 1)) == [2]
    assert numbers(database, lambda tx, study: tx.trials.changed(study, 0, 9)) == [3, 2, 1]
    changes = look(database, lambda tx, study: tx.trials.changed(study, 0, 9))
    assert len({trial.change for trial in changes}) == 3
    assert changes[-1].change == look(database, lambda _, study: study).change


def test_a_lineage_is_the_chain_of_parents(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        train(tx, study, draft(0))
        train(tx, study, draft(1))
        train(tx, study, replace(draft(0, 1, initiator=1), parent=2))
        train(tx, study, replace(draft(1, 1, initiator=2), parent=1))
        train(tx, study, replace(draft(0, 2, initiator=3), parent=4))
        train(tx, study, draft(2))

    run(database, fill)
    assert numbers(database, lambda tx, study: tx.trials.lineage(study, 5, 0, 9)) == [1, 4, 5]
    assert numbers(database, lambda tx, study: tx.trials.lineage(study, 5, 1, 1)) == [4]
    assert numbers(database, lambda tx, study: tx.trials.lineage(study, 3, 0, 9)) == [2, 3]
    assert numbers(database, lambda tx, study: tx.trials.lineage(study, 6, 0, 9)) == [6]


@pytest.mark.parametrize("count", [0, 1, 1200])
def test_any_number_of_trials_is_found_at_once(database: Database, count: int) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(count):
            tx.trials.insert(study, draft(member))

    run(database, fill)
    wanted = [*range(count, 0, -1), count + 5]
    found = look(database, lambda tx, study: tx.trials.find(study, wanted))
    assert sorted(found) == list(range(1, count + 1))
    assert all(number == trial.number for number, trial in found.items())


def test_another_study_s_trials_are_never_seen(database: Database) -> None:
    for study in ("one", "two"):
        run(database, lambda tx, study: train(tx, study, draft(0)), study)
        run(database, lambda tx, study: started(tx, study, tx.trials.insert(study, draft(1))), study)
    for query in QUERIES:
        assert [trial.number for trial in look(database, query, "one")] in ([1], [2], [1, 2])


QUERIES: list[Query] = [
    lambda tx, study: tx.trials.page(study, (), 0, 9),
    lambda tx, study: tx.trials.held(study),
    lambda tx, study: tx.trials.held_by(study, WORKER.id),
    lambda tx, study: tx.candidates.usable_in(study, 0, 9),
    lambda tx, study: tx.candidates.newest(study),
    lambda tx, study: tx.candidates.standing_at(study, 1),
    lambda tx, study: tx.trials.best(study, None, 9),
    lambda tx, study: tx.trials.changed(study, 0, 9),
    lambda tx, study: tx.trials.lineage(study, 1, 0, 9),
]
