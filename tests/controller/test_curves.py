"""What a stopping rule reads is bounded, however much is stored."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.algorithms.populations import pbt
from tests.storage.calls import completed, draft, look, run, started

from progenitor_controller.algorithms.stopping import comparison
from progenitor_controller.curves import MAX_OTHERS, MAX_POINTS, MAX_SESSIONS, CurveReader, Curves
from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.model.spec import (
    Budget,
    Goal,
    MedianStopping,
    MetricSpec,
    PerformanceCurveStopping,
    RandomSearch,
    Spec,
    Stopping,
)
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Measurement, Trial

SCORE = (MetricSpec("score", Goal.MAXIMIZE),)
EVOLUTION = replace(pbt(population_size=61), metrics=SCORE, steps_per_trial=50, budget=Budget(max_steps=600))
SEARCH = replace(EVOLUTION, algorithm=RandomSearch(60))
MEDIAN = MedianStopping(0, 5)
CURVE = PerformanceCurveStopping(0, 0.05, 5)


def begin(tx: Transaction, study: Study, member: int, generation: int) -> Trial:
    trial = draft(member, generation, start_step=50 * generation)
    return started(tx, study, tx.trials.insert(study, replace(trial, end_step=trial.start_step + 50)))


def measure(tx: Transaction, study: Study, trial: Trial, steps: int) -> Trial:
    """Its score at every fifth step, its loss at every one."""
    first = trial.start_step
    measured = [
        Measurement(s, {"loss": 0.0, "score": float(s)} if s % 5 == 0 else {"loss": 0.0})
        for s in range(first + 1, first + steps + 1)
    ]
    tx.measurements.merge(study, trial.number, 1, measured)
    return tx.trials.save(study, trial, replace(trial, step=first + steps))


def train(tx: Transaction, study: Study, member: int, generation: int) -> None:
    trial = measure(tx, study, begin(tx, study, member, generation), 50)
    at_end = Measurement(trial.end_step, {"score": float(trial.end_step)})
    tx.trials.save(study, trial, replace(completed(trial), measurement=at_end))


def read(tx: Snapshot, study: Study, spec: Spec, stopping: Stopping) -> Curves | None:
    trial = tx.trials.held(study)[0]
    return CurveReader(tx, study, spec.metrics).curves(trial, comparison(spec, stopping, trial))


def asked(database: Database, spec: Spec, stopping: Stopping) -> Curves:
    curves = look(database, lambda tx, study: read(tx, study, spec, stopping))
    assert curves is not None
    return curves


def steps(curve: Sequence[Measurement]) -> list[int]:
    return [measurement.step for measurement in curve]


@pytest.mark.parametrize("stopping", [MEDIAN, CURVE])
def test_of_a_population_the_newest_sessions_are_read_at_a_few_steps(
    database: Database, stopping: Stopping
) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(1, 61):
            train(tx, study, member, 0)
        measure(tx, study, begin(tx, study, 0, 0), 45)

    run(database, fill)
    curves = asked(database, EVOLUTION, stopping)
    assert steps(curves.own) == list(range(1, 46))
    assert len(curves.others) == MAX_OTHERS
    for other in curves.others:
        assert steps(other) == [5, 10, 15, 20, 25, 30, 35, 45, 50]
        assert len(other) == MAX_POINTS + 1


@pytest.mark.parametrize("stopping", [MEDIAN, CURVE])
def test_of_a_search_the_configurations_are_read_at_the_ends_of_a_few_sessions_and_within_this_one(
    database: Database, stopping: Stopping
) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(1, 7):
            for generation in range(12):
                train(tx, study, member, generation)
        for generation in range(10):
            train(tx, study, 0, generation)
        measure(tx, study, begin(tx, study, 0, 10), 20)

    run(database, fill)
    curves = asked(database, SEARCH, stopping)
    assert steps(curves.own)[-20:] == list(range(501, 521))
    assert len(curves.own) == MAX_SESSIONS + 20
    assert len(curves.others) == 6
    for other in curves.others:
        assert steps(other)[-6:] == [505, 510, 515, 520, 550, 600]
        assert all(step % 50 == 0 for step in steps(other)[:-6])
        assert len(other) == MAX_SESSIONS + 6


def test_with_fewer_others_than_the_rule_wants_no_curve_is_read(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(1, 5):
            train(tx, study, member, 0)
        measure(tx, study, begin(tx, study, 0, 0), 10)

    run(database, fill)
    assert look(database, lambda tx, study: read(tx, study, EVOLUTION, MEDIAN)) is None
    assert look(database, lambda tx, study: read(tx, study, SEARCH, MEDIAN)) is None
    assert look(database, lambda tx, study: read(tx, study, SEARCH, replace(CURVE, min_trials=1))) is None, (
        "none has come to max_steps"
    )


def test_where_a_rule_wants_many_others_that_many_are_read(database: Database) -> None:
    def fill(tx: Transaction, study: Study) -> None:
        for member in range(1, 51):
            train(tx, study, member, 0)
        measure(tx, study, begin(tx, study, 0, 0), 10)

    run(database, fill)
    assert len(asked(database, EVOLUTION, replace(MEDIAN, min_trials=50)).others) == 50
