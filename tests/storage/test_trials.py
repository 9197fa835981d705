"""Trials: inserted gaplessly, claimed once, saved by who holds them."""

import math
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from progenitor_storage import Database, Transaction
from progenitor_storage.errors import DuplicateTrial, LeaseLost, TrialNotFound
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import (
    Checkpoint,
    Lease,
    Measurement,
    StopCause,
    Timing,
    Trial,
    TrialState,
    Worker,
)

from .calls import LEASE, OTHER, WORKER, completed, draft, ended, look, run, started, train

EXTREME = 2**63 - 1


def stored(database: Database, number: int) -> Trial:
    return look(database, lambda snapshot, study: snapshot.trials.get(study, number))


def test_a_trial_comes_back_as_it_was_saved(database: Database) -> None:
    """Every field, each with a value that is hard to keep."""
    everything = Trial(
        member=3,
        generation=0,
        parameters={"a": -0.0, "b": -EXTREME - 1, "c": "\0ä\ud800", "d": 1e308, "e": 0, "f": 0.0},
        seed=EXTREME,
        start_step=EXTREME - 2,
        end_step=EXTREME,
        state=TrialState.RUNNING,
        parent=EXTREME,
        initiator=EXTREME - 1,
        opponent=EXTREME - 2,
        warm_start=Checkpoint("w", EXTREME, EXTREME, "sha256:w", deleted=True, pinned=True),
        step=EXTREME - 1,
        measurement=Measurement(
            EXTREME, {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}, 1 / 3, EXTREME
        ),
        checkpoint=Checkpoint("c", 0),
        fitness=-0.0,
        epoch=EXTREME - 5,
        lease=Lease("w", 1e9 + 1 / 3),
        worker=Worker("w", "h", "c", {"torch": "2"}, -EXTREME - 1),
        failures=1,
        preemptions=2,
        lost_in_row=3,
        failure_message="\0 and \ud800",
        stop_cause=StopCause.LIMIT,
        timing=Timing(0.1, 0.2, 0.3, 0.4, -0.0),
        unsaved=0.1,
        contact=0.2,
        start_time=0.3,
        end_time=0.4,
    )
    inserted = run(database, lambda tx, study: tx.trials.insert(study, everything))
    assert (inserted.number, inserted.change) == (1, 1)
    assert inserted.create_time > 1.7e9
    assert repr(stored(database, 1)) == repr(inserted)
    assert repr(inserted) == repr(
        replace(everything, number=1, change=1, create_time=inserted.create_time)
    ), "nothing else is changed"

    blank = replace(draft(3), start_step=inserted.start_step, step=inserted.step, end_step=0, parameters={})
    plain = {field.name: getattr(blank, field.name) for field in fields(blank)}
    for kept in ("number", "change", "create_time", "member", "generation", "epoch"):
        plain[kept] = getattr(inserted, kept)
    saved = run(database, lambda tx, study: tx.trials.save(study, inserted, Trial(**plain)))
    assert repr(stored(database, 1)) == repr(saved) == repr(Trial(**{**plain, "change": 2}))
    back = run(database, lambda tx, study: tx.trials.save(study, saved, replace(inserted, epoch=saved.epoch)))
    assert repr(stored(database, 1)) == repr(back) == repr(replace(inserted, change=3))


@pytest.mark.parametrize("value", [0.0, -0.0, 1.0, -1.0, 0.1, 5e-324, 1.7976931348623157e308, 2.0**53, None])
def test_fitness_comes_back_exactly_and_none_stays_none(database: Database, value: float | None) -> None:
    def change(tx: Transaction, study: Study) -> None:
        done = train(tx, study, draft(0), 0.0)
        tx.trials.save(study, done, replace(done, fitness=value))

    run(database, change)
    assert repr(stored(database, 1).fitness) == repr(value)


def test_a_second_trial_of_a_place_or_an_initiator_is_refused_and_the_call_goes_on(
    database: Database,
) -> None:
    def fill(tx: Transaction, study: Study) -> list[int]:
        train(tx, study, draft(0))
        child = tx.trials.insert(study, draft(0, 1, initiator=1))
        with pytest.raises(DuplicateTrial) as refused:
            tx.trials.insert(study, draft(0, 1))
        assert (refused.value.member, refused.value.generation) == (0, 1)
        with pytest.raises(DuplicateTrial):
            tx.trials.insert(study, draft(1, 1, initiator=1))
        with pytest.raises(DuplicateTrial):
            tx.trials.insert(study, draft(0))
        return [child.number, tx.trials.insert(study, draft(1)).number]

    assert run(database, fill) == [2, 3]
    study = look(database, lambda _, study: study)
    assert (study.trials, study.members, study.counts[TrialState.PENDING]) == (3, 2, 2)
    assert run(database, lambda tx, study: tx.trials.insert(study, draft(2)).number) == 4


def test_a_claim_is_won_once(database: Database) -> None:
    waiting = run(database, lambda tx, study: tx.trials.insert(study, draft(0)))

    def claim(tx: Transaction, study: Study) -> tuple[Trial | None, float]:
        return tx.trials.claim(study, waiting, WORKER, tx.now + LEASE), tx.now

    claimed, now = run(database, claim)
    assert claimed == replace(
        waiting,
        state=TrialState.RUNNING,
        change=2,
        epoch=1,
        lease=Lease(WORKER.id, now + LEASE),
        worker=WORKER,
        contact=now,
        start_time=now,
    )
    assert stored(database, 1) == claimed
    assert run(database, claim)[0] is None, "it was claimed meanwhile"
    assert run(database, lambda tx, study: tx.trials.claim(study, claimed, OTHER, tx.now)) is None
    study = look(database, lambda _, study: study)
    assert (study.counts[TrialState.PENDING], study.counts[TrialState.RUNNING]) == (0, 1)
    assert study.change == 2


def test_a_claim_of_a_preempted_trial_keeps_its_first_start(database: Database) -> None:
    def preempt(tx: Transaction, study: Study) -> Trial:
        running = started(tx, study, tx.trials.insert(study, draft(0)))
        lost = replace(ended(running, TrialState.PREEMPTED), unsaved=9.0, epoch=2)
        return tx.trials.save(study, running, lost)

    preempted = run(database, preempt)
    claimed = run(database, lambda tx, study: started(tx, study, preempted, OTHER))
    assert (claimed.epoch, claimed.start_time, claimed.unsaved) == (3, preempted.start_time, 0.0)
    assert claimed.worker == OTHER
    assert claimed.contact > preempted.contact


@pytest.mark.parametrize(
    "taken",
    [
        lambda trial: replace(trial, epoch=trial.epoch + 1),
        lambda trial: replace(trial, lease=Lease(OTHER.id, 0.0)),
        lambda trial: replace(trial, lease=None),
    ],
    ids=["epoch", "worker", "no lease"],
)
def test_who_does_not_hold_a_trial_any_more_changes_nothing(
    database: Database, taken: Callable[[Trial], Trial]
) -> None:
    held = run(database, lambda tx, study: started(tx, study, tx.trials.insert(study, draft(0))))
    run(database, lambda tx, study: tx.trials.save(study, held, taken(held)))
    before, study_before = stored(database, 1), look(database, lambda _, study: study)

    def save(tx: Transaction, study: Study) -> None:
        with pytest.raises(LeaseLost) as lost:
            tx.trials.save(study, held, completed(held))
        assert (lost.value.number, lost.value.epoch) == (1, 1)

    run(database, save)
    assert stored(database, 1) == before
    assert look(database, lambda _, study: study) == study_before


def test_a_renewed_lease_is_no_change(database: Database) -> None:
    held = run(database, lambda tx, study: started(tx, study, tx.trials.insert(study, draft(0))))
    assert held.lease is not None
    renewed = replace(
        held,
        lease=replace(held.lease, expires=1.0),
        contact=5.0,
        unsaved=6.0,
        lost_in_row=held.lost_in_row + 1,
    )
    assert run(database, lambda tx, study: tx.trials.save(study, held, renewed)) == renewed
    assert stored(database, 1) == renewed
    assert look(database, lambda snapshot, study: snapshot.trials.changed(study, 2, 10)) == []
    seen = run(database, lambda tx, study: tx.trials.save(study, renewed, replace(renewed, step=1)))
    assert seen.change == 3
    assert look(database, lambda snapshot, study: snapshot.trials.changed(study, 2, 10)) == [seen]


def test_a_save_of_nothing_new_stores_nothing(database: Database) -> None:
    held = run(database, lambda tx, study: started(tx, study, tx.trials.insert(study, draft(0))))
    run(database, lambda tx, study: tx.trials.save(study, held, replace(held)))
    assert look(database, lambda _, study: study).change == 2


def test_the_step_reached_never_goes_back_and_no_step_counts_twice(database: Database) -> None:
    def steps(tx: Transaction, study: Study) -> list[int]:
        trial = started(tx, study, tx.trials.insert(study, draft(0, start_step=100)))
        totals = []
        for step in (100, 104, 90, 104, 107):
            trial = tx.trials.save(study, trial, replace(trial, step=step))
            totals.append(tx.studies.current(study).total_steps)
        return totals

    assert run(database, steps) == [0, 4, 4, 4, 7]
    assert stored(database, 1).step == 107
    assert look(database, lambda _, study: study).total_steps == 7


def test_a_trial_that_becomes_final_gets_its_end_time_once(database: Database) -> None:
    done = run(database, lambda tx, study: train(tx, study, draft(0)))
    assert done.end_time >= done.start_time > 0
    later = run(database, lambda tx, study: tx.trials.save(study, done, replace(done, fitness=None)))
    assert later.end_time == done.end_time == stored(database, 1).end_time


def test_a_missing_trial_is_named(database: Database) -> None:
    run(database, lambda tx, study: tx.trials.insert(study, draft(0)))
    with pytest.raises(TrialNotFound, match="'s' has no trial 2"):
        stored(database, 2)
