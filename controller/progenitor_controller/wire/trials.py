"""Trials, checkpoints and measurements as the contract shows them."""

from progenitor.v1 import study_service_pb2 as study_pb
from progenitor.v1 import trial_pb2 as pb
from progenitor_storage.model.study import WorkerStatus
from progenitor_storage.model.trial import Checkpoint, Measurement, Timing, Trial, TrialState, Worker

from ..life import as_seen
from .names import trial_name
from .values import duration, parameters_to_wire, timestamp

STATES = {
    TrialState.PENDING: pb.TRIAL_STATE_PENDING,
    TrialState.RUNNING: pb.TRIAL_STATE_RUNNING,
    TrialState.STOPPING: pb.TRIAL_STATE_STOPPING,
    TrialState.PREEMPTED: pb.TRIAL_STATE_PREEMPTED,
    TrialState.COMPLETED: pb.TRIAL_STATE_COMPLETED,
    TrialState.STOPPED: pb.TRIAL_STATE_STOPPED,
    TrialState.FAILED: pb.TRIAL_STATE_FAILED,
    TrialState.CANCELLED: pb.TRIAL_STATE_CANCELLED,
}


def trial_to_wire(study: str, study_uid: str, stored: Trial, now: float) -> pb.Trial:
    """`now` by the database's clock: a lease that ran out shows as what the next claim makes of it."""
    trial = as_seen(stored, now)

    def name(number: int | None) -> str:
        return "" if number is None else trial_name(study, number)

    return pb.Trial(
        name=name(trial.number),
        study_uid=study_uid,
        state=STATES[trial.state],
        parameters=parameters_to_wire(trial.parameters),
        seed=trial.seed,
        member=trial.member,
        generation=trial.generation,
        parent=name(trial.parent),
        second_parent=name(trial.second_parent),
        initiator=name(trial.initiator),
        opponent=name(trial.opponent),
        replays=trial.replays,
        warm_start=_maybe(trial.warm_start),
        start_step=trial.start_step,
        end_step=trial.end_step,
        step=trial.step,
        measurement=None if trial.measurement is None else measurement_to_wire(trial.measurement),
        checkpoint=_maybe(trial.checkpoint),
        lease=_lease(trial, now),
        failures=trial.failures,
        preemptions=trial.preemptions,
        failure_message=trial.failure_message,
        worker=None if trial.worker is None else worker_to_wire(trial.worker),
        timing=_timing(trial.timing),
        replayed_digest=trial.replayed_digest,
        create_time=timestamp(trial.create_time),
        start_time=timestamp(trial.start_time),
        end_time=timestamp(trial.end_time),
    )


def checkpoint_to_wire(checkpoint: Checkpoint) -> pb.Checkpoint:
    return pb.Checkpoint(
        uri=checkpoint.uri,
        step=checkpoint.step,
        size_bytes=checkpoint.size,
        digest=checkpoint.digest,
        deleted=checkpoint.deleted,
        pinned=checkpoint.pinned,
    )


def trial_checkpoint_to_wire(
    study: str, number: int, epoch: int, checkpoint: Checkpoint
) -> study_pb.TrialCheckpoint:
    return study_pb.TrialCheckpoint(
        trial=trial_name(study, number), epoch=epoch, checkpoint=checkpoint_to_wire(checkpoint)
    )


def measurement_to_wire(measurement: Measurement) -> pb.Measurement:
    return pb.Measurement(
        step=measurement.step,
        metrics=measurement.metrics,
        elapsed=duration(measurement.elapsed),
        epoch=measurement.epoch,
    )


def worker_to_wire(worker: Worker) -> pb.Worker:
    return pb.Worker(
        id=worker.id,
        host=worker.host,
        code_digest=worker.code_digest,
        versions=worker.versions,
        incarnation=worker.incarnation,
    )


def worker_status_to_wire(study: str, status: WorkerStatus, now: float) -> study_pb.WorkerStatus:
    return study_pb.WorkerStatus(
        worker=worker_to_wire(status.worker),
        since_last_call=duration(now - status.last_contact),
        trials=[trial_name(study, number) for number in status.trials],
    )


def _maybe(checkpoint: Checkpoint | None) -> pb.Checkpoint | None:
    return None if checkpoint is None else checkpoint_to_wire(checkpoint)


def _lease(trial: Trial, now: float) -> pb.Lease | None:
    """Without a holder only the epoch is told: it is what the next holder's is counted from."""
    if trial.lease is None:
        return pb.Lease(epoch=trial.epoch) if trial.epoch else None
    return pb.Lease(
        worker=trial.lease.worker,
        epoch=trial.epoch,
        expire_time=timestamp(trial.lease.expires),
        remaining=duration(trial.lease.expires - now),
    )


def _timing(timing: Timing) -> pb.Timing | None:
    if timing == Timing():
        return None
    return pb.Timing(
        wait=duration(timing.wait),
        restore=duration(timing.restore),
        train=duration(timing.train),
        evaluate=duration(timing.evaluate),
        save=duration(timing.save),
    )
