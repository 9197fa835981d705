"""Records what workers say of the trials they hold: everything is checked before anything is written."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from progenitor_storage import Transaction
from progenitor_storage.errors import CheckpointConflict, MeasurementConflict, TooManyMetrics
from progenitor_storage.model.spec import Goal, Spec
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint, Measurement, Trial

from . import algorithms, front, life
from .calls import Outcome, TrialReport
from .checks import check, epoch_of, newest_checkpoint
from .errors import InvalidRequest, ReportConflict, TrialIsFinal, Violation
from .wire.names import trial_name


@dataclass(frozen=True, slots=True)
class Recorded:
    """`held` are the reported trials that the worker still holds, as they are now; `lost` the others."""

    held: tuple[Trial, ...]
    lost: tuple[int, ...]


def record(
    tx: Transaction, study: Study, spec: Spec, worker: str, reports: Sequence[TrialReport]
) -> Recorded:
    """Raises InvalidRequest, TrialIsFinal or ReportConflict; then nothing of the call is stored."""
    known = tx.trials.find(study, [report.trial for report in reports])
    violations = [
        Violation(f"{report.field}.trial", f"the study has no trial {report.trial}")
        for report in reports
        if report.trial not in known
    ]
    mine = [
        (report, known[report.trial])
        for report in reports
        if report.trial in known and holds(worker, report.epoch, known[report.trial])
    ]
    final = [
        report.trial
        for report in reports
        if report.outcome is not Outcome.RUNNING
        and report.trial in known
        and told_again(report, known[report.trial])
    ]
    for report, trial in mine:
        violations += check(tx, study, spec, report, trial)
    if violations:
        raise InvalidRequest(violations)
    if final:
        names = ",".join(trial_name(study.name, number) for number in final)
        raise TrialIsFinal(metadata={"trials": names})
    after = [apply(tx, study, spec, report, trial) for report, trial in mine]
    holding = {report.trial for report, _ in mine}
    return Recorded(
        held=tuple(trial for trial in after if trial.state.held),
        lost=tuple(report.trial for report in reports if report.trial not in holding),
    )


def holds(worker: str, epoch: int, trial: Trial) -> bool:
    """A lease that ran out but that nobody took yet still holds."""
    return trial.lease is not None and trial.lease.worker == worker and trial.epoch == epoch


def told_again(report: TrialReport, trial: Trial) -> bool:
    return trial.state.final and trial.epoch == report.epoch


def apply(tx: Transaction, study: Study, spec: Spec, report: TrialReport, trial: Trial) -> Trial:
    """Stores a report that was checked, and gives the trial after it."""
    after = life.heard(trial, tx.now, spec.lease_duration)
    account_work(tx, study, worked=after.unsaved - trial.unsaved)
    measured = store(tx, study, report)
    after = life.progressed(
        after,
        reached(report, trial),
        newest_checkpoint(report, trial) if report.checkpoints else None,
        newest_complete(spec, measured, trial),
    )
    if spec.stopping is not None:
        after = replace(after, peak=algorithms.fittest(spec, after.peak, measured))
    if report.timing is not None:
        after = replace(after, timing=report.timing)
    return tx.trials.save(study, trial, ended(tx, study, spec, report, after))


def store(tx: Transaction, study: Study, report: TrialReport) -> list[Measurement]:
    """Keeps what was measured and saved; gives all that is known now of the steps measured.

    Raises ReportConflict for what differs from what is stored.
    """
    try:
        measured = tx.measurements.merge(study, report.trial, report.epoch, report.measurements)
        for checkpoint in report.checkpoints:
            tx.checkpoints.register(study, report.trial, report.epoch, checkpoint)
    except (MeasurementConflict, TooManyMetrics) as error:
        raise ReportConflict(f"{report.field}.measurements", str(error)) from error
    except CheckpointConflict as error:
        raise ReportConflict(f"{report.field}.checkpoints", str(error)) from error
    return measured


def reached(report: TrialReport, trial: Trial) -> int:
    steps = [m.step for m in report.measurements] + [c.step for c in report.checkpoints]
    return max(report.step, trial.step, *steps)


def newest_complete(spec: Spec, measured: Sequence[Measurement], trial: Trial) -> Measurement | None:
    """The newest of these that has every metric, if it is newer than the trial's."""
    least = 0 if trial.measurement is None else trial.measurement.step
    wanted = {metric.name for metric in spec.metrics}
    complete = [m for m in measured if m.step >= least and wanted <= m.metrics.keys()]
    return max(complete, key=lambda measurement: measurement.step, default=None)


def ended(tx: Transaction, study: Study, spec: Spec, report: TrialReport, trial: Trial) -> Trial:
    """The trial after its outcome, if the report has one."""
    match report.outcome:
        case Outcome.RUNNING:
            return trial
        case Outcome.COMPLETED:
            return complete(tx, study, spec, report, trial)
        case Outcome.STOPPED:
            return life.stopped(trial)
        case Outcome.FAILED:
            account_work(tx, study, lost=trial.unsaved)
            after = life.failed(
                trial, report.failure_message, spec.max_failures_per_trial, inherited(tx, study, spec, trial)
            )
            return replace(after, unsaved=0.0)
        case Outcome.RELEASED:
            account_work(tx, study, lost=trial.unsaved)
            return replace(life.released(trial), unsaved=0.0)


def complete(tx: Transaction, study: Study, spec: Spec, report: TrialReport, trial: Trial) -> Trial:
    since = epoch_of(tx, study, report, trial.checkpoint)
    at_end = tx.measurements.at(study, trial.number, trial.end_step, since)
    if at_end is None:
        raise ValueError(f"trial {trial.number} was completed without metrics at its end step")
    note_first_metric(tx, study, spec, at_end)
    fitness = algorithms.fitness(spec.metrics, at_end.metrics)
    return front.entered(tx, study, spec, life.completed(replace(trial, measurement=at_end), fitness))


def note_first_metric(tx: Transaction, study: Study, spec: Spec, measurement: Measurement) -> None:
    """Keeps the best value of the first metric, which the target is compared with."""
    first = spec.metrics[0]
    value = measurement.metrics[first.name]
    best = tx.studies.current(study).best_first_metric
    if not math.isfinite(value):
        return
    if best is None or (value > best if first.goal is Goal.MAXIMIZE else value < best):
        tx.studies.change(study, best_first_metric=value)


def inherited(tx: Transaction, study: Study, spec: Spec, trial: Trial) -> Checkpoint | None:
    """The checkpoint that the trial started from when it was created."""
    if trial.parent is not None:
        return tx.trials.get(study, trial.parent).checkpoint
    return algorithms.given_start(spec, trial)


def account_work(tx: Transaction, study: Study, worked: float = 0.0, lost: float = 0.0) -> None:
    """Seconds that workers spent, and of these what preemptions and failures threw away."""
    now = tx.studies.current(study)
    tx.studies.change(study, worked=now.worked + worked, lost=now.lost + lost)


def lose(tx: Transaction, study: Study, trial: Trial) -> Trial:
    """Its worker is gone."""
    account_work(tx, study, lost=trial.unsaved)
    return tx.trials.save(study, trial, replace(life.lost(trial), unsaved=0.0))
