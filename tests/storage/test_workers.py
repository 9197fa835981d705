"""Workers: the newest answer of the newest incarnation, and who was heard when."""

from dataclasses import replace

from progenitor_storage import Database, Transaction
from progenitor_storage.model.study import LoggedAnswer, Study
from progenitor_storage.model.trial import Worker

from .calls import OTHER, WORKER, draft, look, pages_of, run, started


def answer(database: Database, worker: Worker = WORKER) -> LoggedAnswer | None:
    return look(database, lambda tx, study: tx.workers.answer(study, worker.id))


def test_only_the_newest_answer_is_kept(database: Database) -> None:
    run(database, lambda *_: None)
    assert answer(database) is None
    run(database, lambda tx, study: tx.workers.keep(study, WORKER, 1, b"\0\xff", bytes(range(256))))
    assert answer(database) == LoggedAnswer(7, 1, b"\0\xff", bytes(range(256)))
    run(database, lambda tx, study: tx.workers.keep(study, WORKER, 2**63 - 1, b"d", b""))
    assert answer(database) == LoggedAnswer(7, 2**63 - 1, b"d", b"")
    newer = replace(WORKER, incarnation=2**63 - 1)
    run(database, lambda tx, study: tx.workers.keep(study, newer, 1, b"e", b"f"))
    assert answer(database) == LoggedAnswer(2**63 - 1, 1, b"e", b"f")


def test_a_heartbeat_leaves_the_answer_unless_its_incarnation_is_newer(database: Database) -> None:
    run(database, lambda tx, study: tx.workers.heard(study, WORKER))
    assert answer(database) == LoggedAnswer(7)
    run(database, lambda tx, study: tx.workers.keep(study, WORKER, 3, b"d", b"a"))
    run(database, lambda tx, study: tx.workers.heard(study, replace(WORKER, host="moved")))
    assert answer(database) == LoggedAnswer(7, 3, b"d", b"a")
    run(database, lambda tx, study: tx.workers.heard(study, replace(WORKER, incarnation=6, host="ghost")))
    assert answer(database) == LoggedAnswer(7, 3, b"d", b"a"), "the older one does not speak for it"
    run(database, lambda tx, study: tx.workers.heard(study, replace(WORKER, incarnation=8)))
    assert answer(database) == LoggedAnswer(8)
    (status,) = look(database, lambda tx, study: tx.workers.page(study, None, 9))
    assert status.worker == replace(WORKER, incarnation=8)


def test_workers_are_paged_the_last_heard_first_with_what_they_hold(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> float:
        for member in range(3):
            started(tx, study, tx.trials.insert(study, draft(member)), WORKER)
        started(tx, study, tx.trials.insert(study, draft(3)), OTHER)
        for worker_id in ("B", "a", "c"):
            tx.workers.heard(study, Worker(worker_id))
        return tx.now

    first = run(database, fill)
    run(database, lambda tx, study: tx.workers.keep(study, OTHER, 1, b"", b""))
    run(database, lambda tx, study: tx.workers.heard(study, WORKER))
    seen = pages_of(
        database,
        lambda tx, study, after: tx.workers.page(study, after, 2),
        lambda status: (status.last_contact, status.worker.id),
    )
    assert [(status.worker.id, status.trials) for status in seen] == [
        (WORKER.id, (1, 2, 3)),
        (OTHER.id, (4,)),
        ("B", ()),
        ("a", ()),
        ("c", ()),
    ]
    assert seen[0].worker == WORKER
    assert [status.last_contact for status in seen[2:]] == [first] * 3


def test_a_worker_is_active_while_it_holds_a_lease_that_has_not_run_out(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> float:
        for member, (worker, seconds) in enumerate(
            [(WORKER, 60), (WORKER, -1), (OTHER, 30), (Worker("late"), -1)]
        ):
            trial = tx.trials.insert(study, draft(member))
            assert tx.trials.claim(study, trial, worker, tx.now + seconds) is not None
        return tx.now

    now = run(database, fill)
    assert look(database, lambda tx, study: tx.workers.active(study, now)) == 2
    assert look(database, lambda tx, study: tx.workers.active(study, now - 1)) == 3
    assert look(database, lambda tx, study: tx.workers.active(study, now + 60)) == 1
    assert look(database, lambda tx, study: tx.workers.active(study, now + 61)) == 0
