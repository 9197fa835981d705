"""A trial as a row and back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .encoding import (
    checkpoint_parsed,
    checkpoint_text,
    measurement_parsed,
    measurement_text,
    parameters_text,
    parsed,
    text,
    timing_parsed,
    timing_text,
    worker_parsed,
    worker_text,
)
from .model.trial import Lease, StopCause, Trial, TrialState
from .tables import trials

_STATES = {state.value: state for state in TrialState}
_STOP_CAUSES = {cause.value: cause for cause in StopCause}


def _as_is(value: Any) -> Any:
    return value


def _name(value: TrialState | StopCause) -> object:
    return value.value


_ENCODERS: Mapping[str, Callable[[Any], object]] = {
    "state": _name,
    "parent": _as_is,
    "second_parent": _as_is,
    "initiator": _as_is,
    "opponent": _as_is,
    "parameters": parameters_text,
    "seed": _as_is,
    "start_step": _as_is,
    "end_step": _as_is,
    "step": _as_is,
    "warm_start": checkpoint_text,
    "measurement": measurement_text,
    "peak": measurement_text,
    "checkpoint": checkpoint_text,
    "fitness": _as_is,
    "front": _as_is,
    "replays": _as_is,
    "replayed_digest": _as_is,
    "epoch": _as_is,
    "worker": worker_text,
    "failures": _as_is,
    "preemptions": _as_is,
    "lost_in_row": _as_is,
    # As JSON, so that what a user's code raised is kept even with NUL or lone surrogates in it.
    "failure_message": text,
    "stop_cause": _name,
    "timing": timing_text,
    "unsaved": _as_is,
    "contact": _as_is,
    "start_time": _as_is,
    "end_time": _as_is,
}
"""The fields that a trial's life may change and that are one column each."""

COLUMNS = tuple(column for column in trials.c if column.name not in ("study", "final", "usable"))
"""What `trial_of` takes, in its order."""


def columns_of(study: int, trial: Trial) -> dict[str, object]:
    lease = trial.lease
    return {
        "study": study,
        "number": trial.number,
        "change": trial.change,
        "member": trial.member,
        "generation": trial.generation,
        "create_time": trial.create_time,
        "final": trial.state.final,
        "usable": trial.usable,
        "lease_worker": None if lease is None else lease.worker,
        "lease_expires": None if lease is None else lease.expires,
        **{field: encode(getattr(trial, field)) for field, encode in _ENCODERS.items()},
    }


def difference(before: Trial, after: Trial) -> dict[str, object]:
    """The columns in which they differ, as they are after."""
    columns: dict[str, object] = {}
    for field, encode in _ENCODERS.items():
        old, new = getattr(before, field), getattr(after, field)
        if old is not new and _differ(encode(old), encoded := encode(new)):
            columns[field] = encoded
    if before.lease != after.lease:
        old_worker, old_expires = _lease_columns(before)
        worker, expires = _lease_columns(after)
        if worker != old_worker:
            columns["lease_worker"] = worker
        if expires != old_expires:
            columns["lease_expires"] = expires
    if before.state.final is not after.state.final:
        columns["final"] = after.state.final
    if before.usable is not after.usable:
        columns["usable"] = after.usable
    return columns


def _lease_columns(trial: Trial) -> tuple[str | None, float | None]:
    return (None, None) if trial.lease is None else (trial.lease.worker, trial.lease.expires)


def _differ(old: object, new: object) -> bool:
    # 0.0 and -0.0 are equal but not the same.
    return old != new or (isinstance(new, float) and repr(old) != repr(new))


def trial_of(row: Sequence[Any]) -> Trial:
    (
        number,
        change,
        member,
        generation,
        state,
        parent,
        initiator,
        opponent,
        parameters,
        seed,
        start_step,
        end_step,
        step,
        warm_start,
        measurement,
        checkpoint,
        fitness,
        epoch,
        lease_worker,
        lease_expires,
        worker,
        failures,
        preemptions,
        lost_in_row,
        failure_message,
        stop_cause,
        timing,
        unsaved,
        contact,
        create_time,
        start_time,
        end_time,
        second_parent,
        replays,
        replayed_digest,
        front,
        peak,
    ) = row
    return Trial(
        number=number,
        change=change,
        member=member,
        generation=generation,
        state=_STATES[state],
        parent=parent,
        initiator=initiator,
        opponent=opponent,
        parameters=parsed(parameters),
        seed=seed,
        start_step=start_step,
        end_step=end_step,
        step=step,
        warm_start=checkpoint_parsed(warm_start),
        measurement=measurement_parsed(measurement),
        checkpoint=checkpoint_parsed(checkpoint),
        fitness=fitness,
        epoch=epoch,
        lease=None if lease_worker is None else Lease(lease_worker, lease_expires),
        worker=worker_parsed(worker),
        failures=failures,
        preemptions=preemptions,
        lost_in_row=lost_in_row,
        failure_message=parsed(failure_message),
        stop_cause=_STOP_CAUSES[stop_cause],
        timing=timing_parsed(timing),
        unsaved=unsaved,
        contact=contact,
        create_time=create_time,
        start_time=start_time,
        end_time=end_time,
        second_parent=second_parent,
        replays=replays,
        replayed_digest=replayed_digest,
        front=front,
        peak=measurement_parsed(peak),
    )
