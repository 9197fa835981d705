"""Budgets: when no trial is created any more, when running ones are stopped, when a study has ended."""

from progenitor_storage import Transaction
from progenitor_storage.model.spec import Goal, PopulationBasedTraining, Replay, Spec
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import StopCause, TrialState

from . import algorithms, life, replays
from .history import StoredHistory
from .thoughts import Thoughts

OPEN = (TrialState.PENDING, TrialState.RUNNING, TrialState.STOPPING, TrialState.PREEMPTED)
MAX_MESSAGE = 4000
"""Characters of a study's message."""
UNASKED = (TrialState.PENDING, TrialState.RUNNING, TrialState.PREEMPTED)


def elapsed(study: Study, now: float) -> float:
    """Seconds since its creation, less the time paused; the clock of a study that has ended stands still."""
    until = study.ended_at or study.paused_at or now
    return max(0.0, until - study.create_time - study.paused_total)


def stops_running(study: Study, spec: Spec, now: float) -> str | None:
    """Why running trials are to be stopped; None if they are not."""
    budget = spec.budget
    best = study.best_first_metric
    if budget.target is not None and best is not None:
        maximize = spec.metrics[0].goal is Goal.MAXIMIZE
        if best >= budget.target if maximize else best <= budget.target:
            return f"the target was reached: {spec.metrics[0].name} is {best:g}"
    if 0 < budget.max_duration <= elapsed(study, now):
        return f"max_duration of {budget.max_duration:g} s was reached"
    return None


def stops_creating(study: Study, spec: Spec) -> str | None:
    """Why no trial is created any more, while those that exist go on; None if trials are created."""
    budget = spec.budget
    if 0 < budget.max_trials <= study.trials:
        return f"max_trials of {budget.max_trials} was reached"
    if 0 < budget.max_total_steps <= study.total_steps:
        return f"max_total_steps of {budget.max_total_steps} was reached"
    return None


def enforce(tx: Transaction, study: Study, spec: Spec) -> bool:
    """Stops what is to be stopped; whether trials may still be handed out."""
    now = tx.studies.current(study)
    if stops_running(now, spec, tx.now) is None:
        return True
    while any(now.counts.get(state, 0) for state in UNASKED):
        for trial in tx.trials.page(study, UNASKED, 0, 500):
            tx.trials.save(study, trial, life.asked_to_stop(trial, StopCause.LIMIT))
        now = tx.studies.current(study)
    return False


def settle(tx: Transaction, study: Study, spec: Spec) -> Study:
    """Ends an active study in which nothing is open and nothing can be created any more."""
    now = tx.studies.current(study)
    if now.state is not StudyState.ACTIVE or any(now.counts.get(state, 0) for state in OPEN):
        return now
    closed = tx.members.closed(study)
    if closed == spec.places or schedule_has_failed(tx, now, spec):
        return tx.studies.change(
            study, state=StudyState.FAILED, state_message=why_failed(tx, study, spec), ended_at=tx.now
        )
    reason = exhausted(tx, now, spec)
    if reason is None:
        return now
    failed = now.counts.get(TrialState.FAILED, 0)
    if closed:
        reason += f"; {closed} of {spec.places} places were closed after failures"
    elif failed and algorithms.is_scheduled(spec):
        reason += f"; {failed} trials failed, whose configurations are lost"
    if now.state_message:  # a decision or a rule that raised: else a study would look as if nothing had
        reason = f"{reason}; before that: {now.state_message}"[:MAX_MESSAGE]
    return tx.studies.change(study, state=StudyState.COMPLETED, state_message=reason, ended_at=tx.now)


def schedule_has_failed(tx: Transaction, study: Study, spec: Spec) -> bool:
    """Of an algorithm that plans the study as a whole, unless a limit has ended it. Nothing is open."""
    if not algorithms.is_scheduled(spec) or stops_running(study, spec, tx.now) or stops_creating(study, spec):
        return False
    return algorithms.has_failed(spec, StoredHistory(tx, study, spec, Thoughts()))


def exhausted(tx: Transaction, study: Study, spec: Spec) -> str | None:
    """Why nothing can be created any more; None if something can. `study` has its current counters."""
    reason = stops_running(study, spec, tx.now) or stops_creating(study, spec)
    if reason is not None:
        return reason
    if algorithms.is_scheduled(spec):
        history = StoredHistory(tx, study, spec, Thoughts())
        if algorithms.next_trial(spec, history):
            return None
        replay = isinstance(spec.algorithm, Replay)
        return replays.outcome(tx, study) if replay else "all that was planned has been trained"
    if tx.members.count(study) < spec.places:
        return None
    if tx.members.due(study, spec.budget.max_steps, limit=1):
        return None
    what = "lineage" if isinstance(spec.algorithm, PopulationBasedTraining) else "configuration"
    most = spec.budget.max_steps
    return f"every {what} has ended (max_steps {most})" if most else f"every {what} has ended"


def why_failed(tx: Transaction, study: Study, spec: Spec) -> str:
    """All places are closed, or a replay's trial has failed; tells what the newest failed trial said."""
    newest = tx.trials.newest(study, TrialState.FAILED)
    if newest is not None:
        replay = isinstance(spec.algorithm, Replay)
        what = "a replay needs every one of its trials" if replay else "no member can go on"
        return f"{what}; trial {newest.number} failed: {newest.failure_message}"[:MAX_MESSAGE]
    why = "no member can go on: every place was closed after trials without a finite fitness"
    last = tx.trials.newest(study, TrialState.COMPLETED)
    if last is None or last.measurement is None:
        return why
    measured = ", ".join(f"{name} = {value:g}" for name, value in sorted(last.measurement.metrics.items()))
    return f"{why}; the newest, trial {last.number}, measured {measured}"[:MAX_MESSAGE]
