"""A trial's life: each function is one event and gives the trial as it is after it.

    PENDING ──claim──▶ RUNNING ──report──▶ COMPLETED | FAILED
       ▲                │  │ ╰─asked to stop─▶ STOPPING ──▶ STOPPED
       │                │  ╰─user code failed, tries left─▶ PENDING
       ╰──claim── PREEMPTED ◀── given back, or its lease ran out

The claim itself is storage's: one conditional UPDATE.
"""

from dataclasses import replace

from progenitor_storage.model.trial import Checkpoint, Measurement, StopCause, Trial, TrialState

MAX_LOST_IN_ROW = 10
"""So many workers in a row may vanish with a trial that gets nowhere: it may be what kills them."""


def heard(trial: Trial, now: float, lease_duration: float) -> Trial:
    """Its holder reported: the lease runs from now on."""
    if trial.lease is None:
        raise ValueError(f"trial {trial.number} has no holder to be heard")
    spent = max(0.0, now - trial.contact)
    return replace(
        trial,
        lease=replace(trial.lease, expires=now + lease_duration),
        contact=now,
        unsaved=trial.unsaved + spent,
    )


def progressed(
    trial: Trial, step: int, checkpoint: Checkpoint | None, measurement: Measurement | None
) -> Trial:
    """It reached a step, registered a checkpoint, measured every metric (each may be missing)."""
    saved = trial.start_step if trial.checkpoint is None else trial.checkpoint.step
    if step > trial.step or (checkpoint is not None and checkpoint.step > saved):
        trial = replace(trial, lost_in_row=0)
    if checkpoint is not None:
        trial = replace(trial, checkpoint=checkpoint, unsaved=0.0)
    if measurement is not None:
        trial = replace(trial, measurement=measurement)
    return replace(trial, step=max(step, trial.step))


def completed(trial: Trial, fitness: float | None) -> Trial:
    """Even if it was asked to stop: it has all of its steps."""
    return replace(
        trial,
        state=TrialState.COMPLETED,
        step=trial.end_step,
        fitness=fitness,
        lease=None,
        unsaved=0.0,
        stop_cause=StopCause.NONE,
    )


def failed(trial: Trial, message: str, max_failures: int, inherited: Checkpoint | None) -> Trial:
    """User code failed: it is tried again, the last time from `inherited`, or has failed for good.

    `inherited` is its parent's checkpoint: one of its own may be what makes it fail.
    A trial that was asked to stop is not tried again.
    """
    trial = replace(trial, failures=trial.failures + 1, failure_message=message, lease=None)
    if trial.state is TrialState.STOPPING:
        return replace(trial, state=TrialState.STOPPED)
    if trial.failures >= max_failures:
        return replace(trial, state=TrialState.FAILED)
    if trial.failures == max_failures - 1:
        return replace(trial, state=TrialState.PENDING, checkpoint=None, warm_start=inherited)
    return _waits(trial, TrialState.PENDING)


def released(trial: Trial) -> Trial:
    """Its worker gave it back unfinished."""
    if trial.state is TrialState.STOPPING:
        return stopped(trial)
    trial = replace(trial, preemptions=trial.preemptions + 1, lost_in_row=0, lease=None)
    return _waits(trial, TrialState.PREEMPTED)


def lost(trial: Trial) -> Trial:
    """Its worker is gone: the lease ran out, or its worker came back without it."""
    trial = replace(trial, lease=None, epoch=trial.epoch + 1)
    if trial.state is TrialState.STOPPING:
        return replace(trial, state=TrialState.STOPPED)
    trial = replace(trial, preemptions=trial.preemptions + 1, lost_in_row=trial.lost_in_row + 1)
    if trial.lost_in_row < MAX_LOST_IN_ROW:
        return _waits(trial, TrialState.PREEMPTED)
    message = (
        f"{MAX_LOST_IN_ROW} workers in a row were lost while they trained it, and none got a step further or "
        "saved a checkpoint: it seems to take its worker down (out of memory?)"
    )
    return replace(trial, state=TrialState.FAILED, failure_message=message)


def _waits(trial: Trial, state: TrialState) -> Trial:
    """For another holder, who goes on from the newest checkpoint that the trial itself registered."""
    return replace(trial, state=state, warm_start=trial.checkpoint or trial.warm_start)


def asked_to_stop(trial: Trial, cause: StopCause) -> Trial:
    """A running trial is asked; one that waits for a worker has ended."""
    if trial.state is TrialState.RUNNING:
        return replace(trial, state=TrialState.STOPPING, stop_cause=cause)
    return replace(trial, state=TrialState.STOPPED, stop_cause=cause, epoch=trial.epoch + 1)


def stopped(trial: Trial) -> Trial:
    """Its holder ended it as asked."""
    return replace(trial, state=TrialState.STOPPED, lease=None)


def cancelled(trial: Trial) -> Trial:
    return replace(trial, state=TrialState.CANCELLED, lease=None, epoch=trial.epoch + 1)


def as_seen(trial: Trial, now: float) -> Trial:
    """The trial as it is shown: one whose lease ran out, as what the next claim makes of it."""
    if trial.lease is None or trial.lease.expires >= now:
        return trial
    return lost(trial)
