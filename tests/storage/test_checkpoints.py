"""Checkpoints: registered once, pinned and deleted everywhere that they are told."""

from dataclasses import replace
from functools import partial

import pytest

from progenitor_storage import Database, Transaction
from progenitor_storage.errors import CheckpointConflict, CheckpointNotFound
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint

from .calls import draft, look, pages_of, run, train


def test_a_checkpoint_is_registered_once_and_again_is_fine(database: Database) -> None:
    given = Checkpoint("uid/1/1/10-a", 10, 2**63 - 1, "sha256:a")
    for _ in range(2):
        run(database, lambda tx, study: tx.checkpoints.register(study, 1, 1, given))
    assert look(database, lambda tx, study: tx.checkpoints.find(study, given.uri)) == (1, 1, given)
    assert look(database, lambda tx, study: tx.checkpoints.find(study, "other")) is None


@pytest.mark.parametrize(
    ("number", "epoch", "other"),
    [
        (2, 1, Checkpoint("u", 10, 5, "sha256:a")),
        (1, 2, Checkpoint("u", 10, 5, "sha256:a")),
        (1, 1, Checkpoint("u", 11, 5, "sha256:a")),
        (1, 1, Checkpoint("u", 10, 6, "sha256:a")),
        (1, 1, Checkpoint("u", 10, 5, "sha256:b")),
    ],
)
def test_another_checkpoint_under_the_same_uri_is_refused(
    database: Database, number: int, epoch: int, other: Checkpoint
) -> None:
    run(database, lambda tx, study: tx.checkpoints.register(study, 1, 1, Checkpoint("u", 10, 5, "sha256:a")))
    with pytest.raises(CheckpointConflict, match="'u'"):
        run(database, lambda tx, study: tx.checkpoints.register(study, number, epoch, other))


def test_checkpoints_are_paged_by_trial_epoch_step_and_uri(database: Database) -> None:
    places = [
        (1, 1, 10, "b"),
        (1, 1, 10, "c"),
        (1, 1, 11, "a"),
        (1, 2, 5, "d"),
        (2, 1, 1, "B"),
        (10, 1, 1, "e"),
    ]

    def fill(tx: Transaction, study: Study) -> None:
        for trial, epoch, step, uri in reversed(places):
            tx.checkpoints.register(study, trial, epoch, Checkpoint(uri, step))

    run(database, fill)
    seen = pages_of(
        database,
        lambda tx, study, after: [
            (trial, epoch, checkpoint.step, checkpoint.uri)
            for trial, epoch, checkpoint in tx.checkpoints.page(study, after, 2)
        ],
        lambda place: place,
    )
    assert seen == places


def test_the_newest_is_of_the_highest_step_then_epoch_and_not_deleted(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        tx.trials.insert(study, draft(0))
        for epoch, step in [(1, 10), (1, 20), (2, 20), (3, 15)]:
            tx.checkpoints.register(study, 1, epoch, Checkpoint(f"{epoch}/{step}", step))

    run(database, fill)

    def delete(uri: str, tx: Transaction, study: Study) -> None:
        tx.checkpoints.mark_deleted(study, uri)

    order = []
    while found := run(database, lambda tx, study: tx.checkpoints.newest(study, 1)):
        order.append(found.uri)
        run(database, partial(delete, found.uri))
    assert order == ["2/20", "1/20", "3/15", "1/10"]
    assert len(look(database, lambda tx, study: tx.checkpoints.page(study, None, 9))) == 4, "they are kept"


def test_pins_and_deletions_reach_every_trial_that_carries_the_checkpoint(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        parent = train(tx, study, draft(0))
        train(tx, study, draft(1))
        tx.trials.insert(study, replace(draft(0, 1, initiator=1), warm_start=parent.checkpoint))
        tx.trials.insert(study, replace(draft(1, 1, initiator=2), parent=1, warm_start=parent.checkpoint))

    run(database, fill)
    uri = "uid/1/1/10"
    change = look(database, lambda _, study: study).change
    pinned = run(database, lambda tx, study: tx.checkpoints.pin(study, uri, True))
    assert pinned.pinned
    trials = look(database, lambda tx, study: tx.trials.find(study, range(1, 5)))
    assert trials[1].checkpoint == trials[3].warm_start == trials[4].warm_start == pinned
    assert trials[2].checkpoint != pinned
    changed = look(database, lambda tx, study: tx.trials.changed(study, change, 9))
    assert [trial.number for trial in changed] == [1, 3, 4]
    assert run(database, lambda tx, study: tx.checkpoints.pin(study, uri, True)) == pinned
    assert not run(database, lambda tx, study: tx.checkpoints.pin(study, uri, False)).pinned
    run(database, lambda tx, study: tx.checkpoints.mark_deleted(study, uri))
    trials = look(database, lambda tx, study: tx.trials.find(study, range(1, 5)))
    assert trials[1].checkpoint == trials[3].warm_start == Checkpoint(uri, 10, 10, "sha256:c", deleted=True)
    assert not trials[1].usable


def test_an_older_trial_is_its_member_s_newest_usable_when_the_newest_lost_its_checkpoint(
    database: Database,
) -> None:
    def newest() -> tuple[int | None, list[int]]:
        member = look(database, lambda tx, study: tx.members.get(study, 0))
        assert member is not None
        usable = look(database, lambda tx, study: tx.candidates.newest(study))
        return member.newest_usable, [trial.number for trial in usable]

    run(database, lambda tx, study: train(tx, study, draft(0)))
    run(database, lambda tx, study: train(tx, study, draft(0, 1, initiator=1, start_step=10)))
    assert newest() == (2, [2])
    run(database, lambda tx, study: tx.checkpoints.mark_deleted(study, "uid/2/1/20"))
    assert newest() == (1, [1])
    run(database, lambda tx, study: tx.checkpoints.mark_deleted(study, "uid/1/1/10"))
    assert newest() == (None, [])


def test_an_unknown_checkpoint_is_named(database: Database) -> None:
    with pytest.raises(CheckpointNotFound, match="'missing'"):
        run(database, lambda tx, study: tx.checkpoints.pin(study, "missing", True))
    with pytest.raises(CheckpointNotFound, match="'missing'"):
        run(database, lambda tx, study: tx.checkpoints.mark_deleted(study, "missing"))
