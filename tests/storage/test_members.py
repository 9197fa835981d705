"""Members follow their trials."""

from dataclasses import replace
from functools import partial

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.model.study import Member, Study
from progenitor_storage.model.trial import StopCause, TrialState

from .calls import completed, draft, ended, look, run, started, train


def member(database: Database, place: int) -> Member:
    found = look(database, lambda tx, study: tx.members.get(study, place))
    assert found is not None
    return found


def test_a_member_follows_its_newest_trial(database: Database) -> None:
    assert run(database, lambda tx, study: tx.members.get(study, 0)) is None
    run(database, lambda tx, study: tx.trials.insert(study, draft(0, start_step=7)))
    assert member(database, 0) == Member(0, 1, 0, final=False, reached=7, due=0)

    first = run(database, lambda tx, study: started(tx, study, tx.trials.get(study, 1)))
    assert member(database, 0) == Member(0, 1, 0, final=False, reached=7, due=0)
    done = run(database, lambda tx, study: tx.trials.save(study, first, completed(first)))
    assert member(database, 0) == Member(
        0, 1, 0, final=True, reached=17, due=done.change, newest_final=1, newest_usable=1
    )

    run(database, lambda tx, study: tx.trials.insert(study, draft(0, 1, initiator=1, start_step=17)))
    assert member(database, 0) == Member(
        0, 2, 1, final=False, reached=17, due=0, newest_final=1, newest_usable=1
    )
    second = run(database, lambda tx, study: started(tx, study, tx.trials.get(study, 2)))
    failed = run(database, lambda tx, study: tx.trials.save(study, second, ended(second)))
    assert member(database, 0) == Member(
        0, 2, 1, final=True, reached=17, due=failed.change, newest_final=2, newest_usable=1
    )


def test_a_trial_that_a_rule_stopped_has_used_its_steps_and_one_that_a_limit_stopped_has_not(
    database: Database,
) -> None:
    def stop(tx: Transaction, study: Study, place: int, cause: StopCause) -> None:
        running = started(tx, study, tx.trials.insert(study, draft(place)))
        tx.trials.save(study, running, replace(ended(running, TrialState.STOPPED), stop_cause=cause))

    run(database, lambda tx, study: stop(tx, study, 0, StopCause.RULE))
    run(database, lambda tx, study: stop(tx, study, 1, StopCause.LIMIT))
    assert (member(database, 0).reached, member(database, 1).reached) == (10, 0)


def test_a_usable_trial_ends_a_row_of_fallbacks_and_another_does_not(database: Database) -> None:
    def fall_back(tx: Transaction, study: Study) -> None:
        before = tx.members.get(study, 0)
        assert before is not None
        tx.members.save(study, before, replace(before, fallbacks=before.fallbacks + 1))

    run(database, lambda tx, study: train(tx, study, draft(0), None))
    run(database, fall_back)
    assert member(database, 0).fallbacks == 1
    run(database, lambda tx, study: train(tx, study, draft(0, 1, initiator=1), None))
    assert member(database, 0).fallbacks == 1
    run(database, fall_back)
    assert member(database, 0).fallbacks == 2
    run(database, lambda tx, study: train(tx, study, draft(0, 2, initiator=2)))
    assert member(database, 0).fallbacks == 0


def test_the_member_that_became_due_first_is_next_or_by_generation_the_lowest(database: Database) -> None:
    def due(*, by_generation: bool, max_steps: int = 0) -> int | None:
        def ask(tx: Snapshot, study: Study) -> list[Member]:
            if by_generation:
                return tx.members.due_by_generation(study, max_steps, range(10), limit=1)
            return tx.members.due(study, max_steps, limit=1)

        found = look(database, ask)
        return found[0].member if found else None

    def close(tx: Transaction, study: Study, place: int) -> None:
        before = tx.members.get(study, place)
        assert before is not None
        tx.members.save(study, before, replace(before, closed=True))

    run(database, lambda *_: None)
    assert due(by_generation=False) is None
    for place in (2, 0, 3):
        run(database, partial(train, drafted=draft(place)))
    run(database, lambda tx, study: tx.trials.insert(study, draft(1)))
    run(database, lambda tx, study: train(tx, study, draft(2, 1, initiator=1, start_step=10)))
    assert (due(by_generation=False), due(by_generation=True)) == (0, 0)
    run(database, lambda tx, study: close(tx, study, 0))
    assert (due(by_generation=False), due(by_generation=True)) == (3, 3)
    run(database, lambda tx, study: close(tx, study, 3))
    assert (due(by_generation=False), due(by_generation=True)) == (2, 2)
    assert due(by_generation=False, max_steps=21) == 2
    assert due(by_generation=False, max_steps=20) is None, "it has reached the last step"


def test_members_are_counted_and_paged(database: Database) -> None:
    def ask(tx: Snapshot, study: Study) -> tuple[int, int, int]:
        return tx.members.count(study), tx.members.with_final(study), tx.members.closed(study)

    def both() -> tuple[int, int, int]:
        assert run(database, ask) == look(database, ask)
        return look(database, ask)

    def close(tx: Transaction, study: Study) -> None:
        for found in tx.members.page(study, -1, 9):
            tx.members.save(study, found, replace(found, closed=True))

    run(database, lambda *_: None)
    assert both() == (0, 0, 0)
    run(database, lambda tx, study: train(tx, study, draft(0)))
    run(database, lambda tx, study: tx.trials.insert(study, draft(0, 1, initiator=1)))
    run(database, lambda tx, study: tx.trials.insert(study, draft(1)))
    assert both() == (2, 1, 0)
    run(database, lambda tx, study: train(tx, study, draft(2), None))
    assert both() == (3, 2, 0)
    run(database, close)
    assert both() == (3, 2, 3)
    assert [m.member for m in look(database, lambda tx, study: tx.members.page(study, -1, 2))] == [0, 1]
    assert [m.member for m in look(database, lambda tx, study: tx.members.page(study, 1, 2))] == [2]


def test_steps_trained_are_those_of_the_lineages_up_to_the_limit(database: Database) -> None:
    run(database, lambda *_: None)
    assert look(database, lambda tx, study: tx.members.trained(study, 100)) == 0
    run(database, lambda tx, study: train(tx, study, draft(0)))
    run(database, lambda tx, study: train(tx, study, draft(0, 1, initiator=1, start_step=10)))
    run(database, lambda tx, study: tx.trials.insert(study, replace(draft(1), step=4)))
    assert look(database, lambda tx, study: tx.members.trained(study, 100)) == 24
    assert look(database, lambda tx, study: tx.members.trained(study, 15)) == 19
