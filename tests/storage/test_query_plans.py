"""What calls ask goes through an index, however many trials there are."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint, Measurement, TrialState

from .calls import WORKER, Name, draft, look, run, started, train

SORTED_BY_PURPOSE = (
    "FROM members",
    "FROM workers",
    "ORDER BY checkpoints.step DESC",
    "ORDER BY chain.number",
    "trials.member +",
)
"""Pages cut from few rows: members that are due, workers, one trial's checkpoints, one lineage's numbers,
one generation."""


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "progenitor.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = asyncio.run(Database.open(f"sqlite:///{path}"))
    yield opened
    asyncio.run(opened.close())


@contextmanager
def statements(database: Database) -> Iterator[dict[str, Any]]:
    """The statements that are executed meanwhile, with their values."""
    seen: dict[str, Any] = {}

    def note(
        _connection: object, _cursor: object, statement: str, parameters: Any, _context: object, _many: object
    ) -> None:
        seen[statement] = parameters[0] if isinstance(parameters, list) else parameters

    engines = (database._backend.writers, database._backend.readers)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def plan(database: Database, statement: str, values: Any) -> list[str]:
    with database._backend.readers.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [str(row[-1]) for row in rows]


def write_everything(tx: Transaction, study: Study) -> None:
    parent = train(tx, study, draft(0), 1.0)
    tx.measurements.merge(study, parent.number, 1, [Measurement(3, {"a": 1.0})])
    tx.measurements.merge(study, parent.number, 1, [Measurement(3, {"b": 1.0}), Measurement(4, {"b": 1.0})])
    tx.workers.answer(study, WORKER.id)
    tx.workers.heard(study, WORKER)
    tx.workers.keep(study, WORKER, 1, b"", b"")
    child = replace(draft(0, 1, initiator=1, start_step=10), warm_start=parent.checkpoint)
    started(tx, study, tx.trials.insert(study, child))
    tx.checkpoints.pin(study, "uid/1/1/10", True)
    tx.checkpoints.register(study, 1, 1, Checkpoint("another", 5))
    tx.checkpoints.mark_deleted(study, "another")
    tx.checkpoints.mark_deleted(study, "uid/1/1/10")
    member = tx.members.get(study, 0)
    assert member is not None
    tx.members.save(study, member, replace(member, fallbacks=1))
    tx.trials.leave_front(study, [1, 2])
    tx.studies.change(study, spec=b"new", worked=1.0)


def read_everything(tx: Snapshot, study: Study) -> None:  # noqa: PLR0915  a line for each
    tx.studies.get(study.name)
    tx.trials.get(study, 1)
    tx.trials.find(study, [1, 2])
    tx.trials.held_by(study, WORKER.id)
    tx.trials.held(study)
    tx.trials.expired(study)
    tx.trials.waiting(study, 5)
    tx.trials.open_up_to(study, 3, range(5))
    tx.trials.page(study, (), 10, 5)
    tx.trials.page(study, [TrialState.RUNNING], 10, 5)
    tx.trials.best(study, None, 5)
    tx.trials.best(study, (0.5, 7), 5)
    tx.trials.changed(study, 5, 5)
    tx.trials.lineage(study, 2, 0, 5)
    tx.trials.children(study, 1)
    tx.members.get(study, 0)
    tx.members.page(study, 3, 5)
    tx.members.count(study)
    tx.members.with_final(study)
    tx.members.closed(study)
    tx.trials.newest(study, TrialState.FAILED)
    tx.members.due(study, 100, 3)
    tx.members.due_by_steps(study, 100, 3)
    tx.members.due_by_generation(study, 100, range(5), 3)
    tx.members.all(study)
    tx.observations.newest(study, 5)
    tx.observations.unfinished(study, 5)
    tx.observations.newest_among(study, range(3), 4, 5)
    tx.observations.these(study, [1, 2])
    tx.trials.front(study, None, 5)
    tx.trials.front(study, (0.5, 7), 5)
    tx.trials.newest_of_lineage(study, 2, 5)
    tx.members.trained(study, 100)
    tx.measurements.at(study, 1, 3)
    tx.measurements.at_each(study, {1: 3, 2: 0})
    tx.measurements.page(study, 1, 0, 5)
    tx.measurements.before_end(study, [1, 2], [3, 5])
    tx.measurements.newest(study, 1, 9)
    tx.finished.in_generation(study, 0, range(9), 5)
    tx.finished.furthest(study, 10, 5)
    tx.finished.sessions(study, [1, 2], [0, 1])
    tx.checkpoints.find(study, "another")
    tx.checkpoints.page(study, None, 5)
    tx.checkpoints.page(study, (1, 1, 1, ""), 5)
    tx.checkpoints.newest(study, 1)
    tx.replays.closure(study, [1, 2], 5)
    tx.replays.at(study, 0, 1)
    tx.replays.compared(study)
    tx.workers.page(study, None, 5)
    tx.workers.page(study, (1.0, "a"), 5)
    tx.workers.active(study, 0.0)


def read_candidates(tx: Snapshot, study: Study) -> None:
    tx.candidates.usable_in(study, 3, 4)
    tx.candidates.newest(study)
    tx.candidates.standing_at(study, 3)
    tx.candidates.metrics(study, [1, 2])
    tx.candidates.parameters(study, [1, 2])
    tx.candidates.interrupted(study)
    tx.candidates.front(study, 5)


def test_no_statement_reads_a_whole_table_nor_sorts_it_for_a_page(sqlite: Database) -> None:
    run(sqlite, lambda tx, study: [train(tx, study, draft(member), 0.5) for member in range(1, 30)])
    with statements(sqlite) as seen:
        run(sqlite, write_everything)
        look(sqlite, read_everything)
        look(sqlite, read_candidates)
        asyncio.run(sqlite.read(lambda snapshot, _: snapshot.studies.page("", 5), None))
    asked = {
        statement: values
        for statement, values in seen.items()
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE"))
    }
    assert len(asked) > 50
    for statement, values in asked.items():
        for line in plan(sqlite, statement, values):
            few = any(rows in line for rows in ("chain", "CONSTANT", "SCAN newest"))
            assert not line.startswith("SCAN") or few, (statement, line)
            if line.endswith("(study=?)"):
                partial = any(name in line for name in ("trials_holder", "trials_expiry", "trials_open"))
                page = "LIMIT" in statement and "ORDER BY" in statement
                assert partial or page or "FROM members" in statement, (statement, line)
            if "TEMP B-TREE" in line and "LIMIT" in statement:
                assert any(purpose in statement for purpose in SORTED_BY_PURPOSE), (statement, line)


def test_a_call_with_one_report_takes_few_statements(sqlite: Database) -> None:
    """The hot path: a worker completes a trial and gets the next."""

    def suggest(tx: Transaction, call: Name) -> None:
        study = tx.studies.locked(call.study)
        assert tx.workers.answer(study, WORKER.id) is not None
        (trial,) = tx.trials.held_by(study, WORKER.id)
        checkpoint = Checkpoint(f"uid/{trial.number}", trial.end_step)
        tx.measurements.merge(study, trial.number, trial.epoch, [Measurement(trial.end_step, {"a": 1.0})])
        tx.checkpoints.register(study, trial.number, trial.epoch, checkpoint)
        done = replace(
            trial,
            state=TrialState.COMPLETED,
            lease=None,
            step=trial.end_step,
            fitness=1.0,
            checkpoint=checkpoint,
        )
        tx.trials.save(study, trial, done)
        tx.trials.expired(study)
        tx.trials.waiting(study, 1)
        (due,) = tx.members.due(study, 0, limit=1)
        tx.candidates.standing_at(study, due.generation)
        child = draft(due.member, due.generation + 1, initiator=due.newest, start_step=due.reached)
        started(tx, study, tx.trials.insert(study, child))
        tx.workers.keep(study, WORKER, 2, b"", b"")

    def prepare(tx: Transaction, study: Study) -> None:
        started(tx, study, tx.trials.insert(study, draft(0)))
        tx.workers.keep(study, WORKER, 1, b"", b"")

    run(sqlite, prepare)
    with statements(sqlite) as seen:
        asyncio.run(sqlite.transact(suggest, Name("s")))
    assert len(seen) <= 18, list(seen)
