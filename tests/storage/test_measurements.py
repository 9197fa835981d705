"""Measurements merge by step, never change, and come back bit for bit."""

import asyncio
import math
import struct
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.errors import MeasurementConflict
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Measurement

from .calls import draft, look, run

EXTREME = 2**63 - 1


def merge(database: Database, number: int, epoch: int, *measurements: Measurement) -> None:
    run(database, lambda tx, study: tx.measurements.merge(study, number, epoch, measurements))


def at(database: Database, number: int, step: int) -> Measurement | None:
    return look(database, lambda tx, study: tx.measurements.at(study, number, step))


def bits(metrics: Mapping[str, float]) -> dict[str, bytes | None]:
    """NaN is None: every NaN is the same."""
    return {name: None if math.isnan(value) else struct.pack("<d", value) for name, value in metrics.items()}


def test_metrics_of_a_step_merge_whoever_reports_them_when(database: Database) -> None:
    merge(
        database,
        1,
        1,
        Measurement(5, {"a": 1.0}, 2.0),
        Measurement(5, {"b": 2.0}, 1.0),
        Measurement(6, {"a": 0.0}),
    )
    assert at(database, 1, 5) == Measurement(5, {"a": 1.0, "b": 2.0}, 2.0, 1)
    merge(database, 1, 1, Measurement(5, {"c": 3.0}, 4.0), Measurement(7, {"a": 1.0}))
    assert at(database, 1, 5) == Measurement(5, {"a": 1.0, "b": 2.0, "c": 3.0}, 4.0, 1)
    assert [m.step for m in look(database, lambda tx, study: tx.measurements.page(study, 1, -1, 9))] == [
        5,
        6,
        7,
    ]
    assert at(database, 1, 4) is None
    assert at(database, 2, 5) is None


def test_the_same_again_is_fine(database: Database) -> None:
    measured = Measurement(5, {"a": math.nan, "b": -0.0, "c": math.inf}, 2.0)
    merge(database, 1, 1, measured)
    merge(database, 1, 1, measured, measured)
    found = at(database, 1, 5)
    assert found is not None
    assert bits(found.metrics) == bits(measured.metrics)


@pytest.mark.parametrize(
    ("stored", "reported"),
    [(1.0, math.nextafter(1.0, 2.0)), (0.0, -0.0), (math.nan, 0.0), (0.0, math.nan), (math.inf, -math.inf)],
)
def test_a_differing_value_is_refused_and_nothing_of_the_report_is_stored(
    database: Database, stored: float, reported: float
) -> None:
    merge(database, 1, 1, Measurement(5, {"a": stored}))
    with pytest.raises(MeasurementConflict) as refused:
        merge(database, 1, 1, Measurement(4, {"a": 1.0}), Measurement(5, {"b": 1.0, "a": reported}))
    conflict = refused.value
    assert (conflict.number, conflict.step, conflict.metric) == (1, 5, "a")
    assert bits({"s": conflict.stored, "r": conflict.reported}) == bits({"s": stored, "r": reported})
    found = look(database, lambda tx, study: tx.measurements.page(study, 1, -1, 9))
    assert [(m.step, bits(m.metrics)) for m in found] == [(5, bits({"a": stored}))]


def test_a_report_that_contradicts_itself_is_refused(database: Database) -> None:
    with pytest.raises(MeasurementConflict):
        merge(database, 1, 1, Measurement(5, {"a": 1.0}), Measurement(5, {"a": 2.0}))


def test_the_newest_epoch_s_value_of_each_metric_is_read(database: Database) -> None:
    merge(database, 1, 2, Measurement(5, {"a": 2.0}, 20.0))
    merge(database, 1, 1, Measurement(5, {"a": 1.0, "b": 1.0}, 10.0), Measurement(6, {"a": 1.0}))
    merge(database, 1, 3, Measurement(7, {"a": 3.0}))
    expected = [
        Measurement(5, {"a": 2.0, "b": 1.0}, 20.0, 2),
        Measurement(6, {"a": 1.0}, 0.0, 1),
        Measurement(7, {"a": 3.0}, 0.0, 3),
    ]
    assert at(database, 1, 5) == expected[0]
    assert look(database, lambda tx, study: tx.measurements.page(study, 1, -1, 9)) == expected
    assert look(database, lambda tx, study: tx.measurements.page(study, 1, -1, 1)) == expected[:1]
    assert look(database, lambda tx, study: tx.measurements.page(study, 1, 5, 1)) == expected[1:2]


def test_what_was_measured_last_with_so_many_steps_left_is_read_of_many_trials_at_once(
    database: Database,
) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(600):
            tx.trials.insert(study, draft(member))
        late = tx.trials.insert(study, draft(600, start_step=10))
        for number in (1, 600):
            tx.measurements.merge(study, number, 1, [Measurement(s, {"a": float(s)}) for s in (1, 2, 5, 10)])
        tx.measurements.merge(study, late.number, 1, [Measurement(13, {"a": 13.0})])
        tx.measurements.merge(study, 1, 2, [Measurement(5, {"a": -5.0})])

    def ask(tx: Snapshot, study: Study) -> dict[int, list[Measurement]]:
        return tx.measurements.before_end(study, range(1, 602), [0, 4, 5, 6, 9])

    run(database, fill)
    found = look(database, ask)
    assert len(found) == 601
    values = {n: [(m.step, m.metrics["a"]) for m in measured] for n, measured in found.items() if measured}
    assert values == {
        1: [(1, 1.0), (2, 2.0), (5, -5.0), (10, 10.0)],
        600: [(1, 1.0), (2, 2.0), (5, 5.0), (10, 10.0)],
        601: [(13, 13.0)],
    }
    assert look(database, lambda tx, study: tx.measurements.before_end(study, [1], [])) == {1: []}


def test_the_newest_steps_are_read_with_the_newest_epochs_values(database: Database) -> None:
    merge(database, 1, 1, *(Measurement(step, {"a": float(step)}) for step in range(5)))
    merge(database, 1, 2, Measurement(3, {"b": 2.0}))
    found = look(database, lambda tx, study: tx.measurements.newest(study, 1, 2))
    assert found == [Measurement(3, {"a": 3.0, "b": 2.0}, epoch=2), Measurement(4, {"a": 4.0}, epoch=1)]


def test_extreme_steps_and_names_are_kept(database: Database) -> None:
    merge(database, EXTREME, EXTREME, Measurement(EXTREME, {"\0 ä \ud800 '\"": 1.0}), Measurement(0, {}))
    assert at(database, EXTREME, EXTREME) == Measurement(EXTREME, {"\0 ä \ud800 '\"": 1.0}, 0.0, EXTREME)
    assert at(database, EXTREME, 0) == Measurement(0, {}, 0.0, EXTREME)


steps = st.integers(0, 3)
reports = st.lists(
    st.tuples(st.integers(1, 3), steps, st.dictionaries(st.sampled_from("abc"), st.floats(), max_size=3)),
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the database is shared, each example has a study of its own
@given(reported=reports)
def test_what_was_accepted_is_read_back_bit_for_bit(
    database: Database, reported: list[tuple[int, int, dict[str, float]]]
) -> None:
    study = f"s{len(names_of(database))}"
    accepted: dict[tuple[int, int], dict[str, float]] = {}
    for epoch, step, metrics in reported:
        known = accepted.get((step, epoch), {})
        conflicts = any(
            bits({"": metrics[name]}) != bits({"": known[name]}) for name in metrics.keys() & known
        )
        if conflicts:
            with pytest.raises(MeasurementConflict):
                merge_in(database, study, epoch, step, metrics)
            continue
        merge_in(database, study, epoch, step, metrics)
        accepted[step, epoch] = {**known, **metrics}
    run(database, lambda *_: None, study)
    expected: dict[int, dict[str, float]] = {}
    for step, epoch in sorted(accepted):
        expected[step] = {**expected.get(step, {}), **accepted[step, epoch]}
    found = look(database, lambda tx, s: tx.measurements.page(s, 1, -1, 99), study)
    assert {m.step: bits(m.metrics) for m in found} == {step: bits(expected[step]) for step in expected}


def merge_in(database: Database, study: str, epoch: int, step: int, metrics: Mapping[str, float]) -> None:
    run(database, lambda tx, s: tx.measurements.merge(s, 1, epoch, [Measurement(step, metrics)]), study)


def names_of(database: Database) -> list[str]:
    return asyncio.run(
        database.read(lambda snapshot, _: [s.name for s in snapshot.studies.page("", 10_000)], None)
    )
