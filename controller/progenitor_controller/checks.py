"""What a report must fulfil, given what is stored of its trial."""

from progenitor_storage import Transaction
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Checkpoint, Trial, TrialState

from .calls import Outcome, TrialReport
from .errors import Violation


def check(tx: Transaction, study: Study, spec: Spec, report: TrialReport, trial: Trial) -> list[Violation]:
    """What is wrong with a report of a trial that its worker holds."""
    found: list[Violation] = []
    bounds = f"must be from the trial's start step {trial.start_step} to its end step {trial.end_step}"
    steps = [("step", report.step)] if report.step else []
    steps += [(f"measurements[{i}].step", m.step) for i, m in enumerate(report.measurements)]
    steps += [(f"checkpoints[{i}].step", c.step) for i, c in enumerate(report.checkpoints)]
    for field, step in steps:
        if not trial.start_step <= step <= trial.end_step:
            found.append(Violation(f"{report.field}.{field}", f"is {step}, {bounds}"))
    if report.outcome is Outcome.STOPPED and trial.state is not TrialState.STOPPING:
        found.append(Violation(f"{report.field}.outcome", "is OUTCOME_STOPPED, but it was not asked to stop"))
    if report.outcome is Outcome.COMPLETED:
        found += missing_at_end(tx, study, spec, report, trial)
    return found


def missing_at_end(
    tx: Transaction, study: Study, spec: Spec, report: TrialReport, trial: Trial
) -> list[Violation]:
    """A completed trial has a checkpoint at its end step and every metric there."""
    found: list[Violation] = []
    own = newest_checkpoint(report, trial)
    if own is None or own.step != trial.end_step:
        told = f"has no checkpoint at its end step {trial.end_step}"
        found.append(Violation(f"{report.field}.checkpoints", told))
    metrics = metrics_at_end(tx, study, report, trial, own)
    missing = [metric.name for metric in spec.metrics if metric.name not in metrics]
    if missing:
        told = f"lack the metrics {', '.join(missing)} at the end step {trial.end_step}"
        found.append(Violation(f"{report.field}.measurements", told))
    return found


def newest_checkpoint(report: TrialReport, trial: Trial) -> Checkpoint | None:
    """Of this report, else the trial's own; on the same step the later registered one."""
    own = [] if trial.checkpoint is None else [trial.checkpoint]
    newest_first = reversed([*own, *report.checkpoints])
    return max(newest_first, key=lambda checkpoint: checkpoint.step, default=None)


def epoch_of(tx: Transaction, study: Study, report: TrialReport, checkpoint: Checkpoint | None) -> int:
    """Under which the checkpoint was registered: what was measured before tells of other weights."""
    if checkpoint is None or checkpoint in report.checkpoints:
        return report.epoch
    registered = tx.checkpoints.find(study, checkpoint.uri)
    return report.epoch if registered is None else registered[1]


def metrics_at_end(
    tx: Transaction, study: Study, report: TrialReport, trial: Trial, checkpoint: Checkpoint | None
) -> dict[str, float]:
    """Of the weights in `checkpoint`, as stored and as reported now."""
    since = epoch_of(tx, study, report, checkpoint)
    stored = tx.measurements.at(study, trial.number, trial.end_step, since)
    metrics = {} if stored is None else dict(stored.metrics)
    for measurement in report.measurements:
        if measurement.step == trial.end_step:
            metrics |= measurement.metrics
    return metrics
