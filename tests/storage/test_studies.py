"""Studies: created once, locked, changed by one UPDATE, deleted with all that is theirs."""

import asyncio
import math
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from progenitor_storage import Database, Transaction
from progenitor_storage.errors import StudyExists, StudyNotFound
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import Checkpoint, Measurement, TrialState
from progenitor_storage.tables import metadata

from .calls import WORKER, Name, create_study, draft, look, run, train


def test_a_study_comes_back_as_it_was_created(database: Database) -> None:
    given = Study(
        name="s",
        uid="u",
        spec=bytes(range(256)),
        effective_spec=b"",
        labels={"team": "ä", "nul": "\0"},
        request_id="r",
        state_message="\0 and \ud800",
    )
    created = asyncio.run(database.transact(lambda tx, _: tx.studies.create(given), Name("s")))
    assert created.key
    assert created.create_time == created.update_time > 1.7e9
    assert created == replace(
        given,
        key=created.key,
        create_time=created.create_time,
        update_time=created.create_time,
        counts=dict.fromkeys(TrialState, 0),
    )
    assert look(database, lambda _, study: study) == created
    assert run(database, lambda _, study: study) == created


def test_a_name_is_taken_once(database: Database) -> None:
    first = asyncio.run(database.transact(create_study, Name("s")))
    with pytest.raises(StudyExists, match="'s'"):
        asyncio.run(database.transact(create_study, Name("s")))
    assert look(database, lambda _, study: study) == first


def test_a_missing_study_is_named(database: Database) -> None:
    with pytest.raises(StudyNotFound, match="'missing'"):
        asyncio.run(database.transact(lambda tx, call: tx.studies.locked(call.study), Name("missing")))
    with pytest.raises(StudyNotFound, match="'missing'"):
        asyncio.run(database.read(lambda snapshot, call: snapshot.studies.get(call.study), Name("missing")))


def test_studies_are_paged_by_name_in_byte_order(database: Database) -> None:
    for name in ["b", "a-b", "a", "ab", "a0"]:
        asyncio.run(database.transact(create_study, Name(name)))

    def names(after: str, limit: int) -> list[str]:
        return asyncio.run(
            database.read(lambda snapshot, _: [s.name for s in snapshot.studies.page(after, limit)], None)
        )

    assert names("", 3) == ["a", "a-b", "a0"]
    assert names("a0", 3) == ["ab", "b"]
    assert names("b", 3) == []


def test_a_change_is_seen_in_the_call_and_stored_with_it(database: Database) -> None:
    def change(tx: Transaction, study: Study) -> Study:
        tx.studies.change(study, state=StudyState.PAUSED, paused_at=3.5, labels={"a": "b"}, spec=b"other")
        tx.studies.change(study, worked=12.25, best_first_metric=-0.0)
        train(tx, study, draft(0))
        changed = tx.studies.current(study)
        assert tx.studies.locked("s") == tx.studies.get("s") == changed
        return changed

    before = run(database, lambda _, study: study)
    changed = run(database, change)
    assert (changed.state, changed.spec, changed.effective_spec) == (StudyState.PAUSED, b"other", b"\xffe")
    assert (changed.trials, changed.members, changed.total_steps) == (1, 1, 10)
    assert changed.update_time > before.update_time
    assert look(database, lambda _, study: study) == changed


def test_only_what_a_user_sees_updates_the_study(database: Database) -> None:
    before = run(database, lambda _, study: study)
    run(database, lambda tx, study: tx.studies.change(study, worked=1.0, lost=0.5, best_first_metric=2.0))
    run(database, lambda tx, study: tx.studies.change(study, labels=study.labels))
    after = look(database, lambda _, study: study)
    assert (after.worked, after.lost, after.best_first_metric) == (1.0, 0.5, 2.0)
    assert after.update_time == before.update_time


@pytest.mark.parametrize("value", [0.0, -0.0, math.inf, -math.inf, math.nan, 0.1, 5e-324, None])
def test_the_best_metric_comes_back_exactly(database: Database, value: float | None) -> None:
    run(database, lambda tx, study: tx.studies.change(study, best_first_metric=value))
    assert repr(look(database, lambda _, study: study).best_first_metric) == repr(value)


def test_a_change_of_a_study_that_is_not_locked_is_a_mistake(database: Database) -> None:
    study = run(database, lambda _, study: study)
    with pytest.raises(RuntimeError, match="without having been locked"):
        asyncio.run(database.transact(lambda tx, _: tx.trials.insert(study, draft(0)), Name("s")))


def test_a_deleted_study_leaves_nothing_and_its_name_is_another_study(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        train(tx, study, draft(0))
        tx.measurements.merge(study, 1, 1, [Measurement(10, {"a": 1.0})])
        tx.workers.keep(study, WORKER, 1, b"d", b"a")

    def remains(tx: Transaction, _: Name) -> dict[str, int]:
        return {
            table.name: tx._connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }

    run(database, fill)
    assert all(asyncio.run(database.transact(remains, Name("s"))).values())
    run(database, lambda tx, study: tx.studies.delete(study))
    assert not any(asyncio.run(database.transact(remains, Name("s"))).values())
    again = asyncio.run(database.transact(create_study, Name("s")))
    assert again.trials == 0
    assert run(database, lambda tx, study: tx.trials.insert(study, draft(0)).number) == 1


def test_a_study_may_be_deleted_and_made_again_in_one_call(database: Database) -> None:
    def remake(tx: Transaction, study: Study) -> Study:
        train(tx, study, draft(0))
        tx.studies.delete(study)
        return create_study(tx, Name("s"))

    remade = run(database, remake)
    assert look(database, lambda _, study: study) == remade
    assert look(database, lambda snapshot, study: snapshot.trials.page(study, (), 0, 10)) == []


def test_a_large_specification_is_kept_apart_from_the_counters(database: Database) -> None:
    large = bytes(range(256)) * 8192

    def create(tx: Transaction, call: Name) -> Study:
        return tx.studies.create(Study(name=call.study, uid="u", spec=large, effective_spec=large[::-1]))

    asyncio.run(database.transact(create, Name("s")))
    run(database, lambda tx, study: tx.trials.insert(study, draft(0)))
    stored = look(database, lambda _, study: study)
    assert (stored.spec, stored.effective_spec) == (large, large[::-1])


def test_a_checkpoint_of_one_study_is_not_another_s(database: Database) -> None:
    def register(tx: Transaction, study: Study) -> None:
        tx.checkpoints.register(study, 1, 1, Checkpoint("same", 1))

    run(database, register, "one")
    assert look(database, lambda snapshot, study: snapshot.checkpoints.find(study, "same"), "one") is not None
    run(database, lambda *_: None, "two")
    assert look(database, lambda snapshot, study: snapshot.checkpoints.find(study, "same"), "two") is None
