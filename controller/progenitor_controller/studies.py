"""Creating and changing studies: each function is one transaction's work."""

import uuid

from progenitor.v1 import study_pb2 as pb
from progenitor_storage import Snapshot, Transaction
from progenitor_storage.errors import StudyExists
from progenitor_storage.model.spec import CovarianceMatrixAdaptation, GaussianProcessBandit, Hyperband, Replay
from progenitor_storage.model.study import Study, StudyState

from . import life, replays
from .calls import Creation, StudyCall, Update
from .errors import InvalidRequest, StudyHasEnded, Violation
from .limits import OPEN, exhausted
from .wire.decode import effective
from .wire.defaults import spelled_out

LEARNING = (GaussianProcessBandit, CovarianceMatrixAdaptation)


def create(tx: Transaction, call: Creation) -> Study:
    """Raises StudyExists, unless it was created by this very request: then that study is the answer."""
    given = call.spec.SerializeToString(deterministic=True)
    new = Study(
        name=call.study,
        uid=str(uuid.uuid4()),
        spec=given,
        effective_spec=spelled_out(call.spec, call.seed).SerializeToString(deterministic=True),
        labels=call.labels,
        request_id=call.request_id,
    )
    try:
        study = tx.studies.create(new)
    except StudyExists:
        existing = tx.studies.get(call.study)
        same = (existing.spec, existing.labels, existing.request_id) == (new.spec, new.labels, new.request_id)
        if call.request_id and same:
            return existing
        raise
    if not call.spec.HasField("replay"):
        return study
    # The name is taken first: the same request sent again gets its study, whatever became of the replayed one.
    full = spelled_out(replays.filled_in(tx, call.spec), call.seed)
    return tx.studies.change(study, effective_spec=full.SerializeToString(deterministic=True))


def get(tx: Snapshot, call: StudyCall) -> Study:
    return tx.studies.get(call.study)


def pause(tx: Transaction, call: StudyCall) -> Study:
    study = tx.studies.locked(call.study)
    if study.state is StudyState.PAUSED:
        return study
    refuse_ended(study, StudyState.ACTIVE)
    return tx.studies.change(study, state=StudyState.PAUSED, paused_at=tx.now)


def resume(tx: Transaction, call: StudyCall) -> Study:
    study = tx.studies.locked(call.study)
    if study.state is StudyState.ACTIVE:
        return study
    refuse_ended(study, StudyState.PAUSED)
    return tx.studies.change(study, state=StudyState.ACTIVE, **unpaused(study, tx.now))


def unpaused(study: Study, now: float) -> dict[str, float]:
    """The fields of a study whose pause, if there is one, ends now."""
    pause = max(0.0, now - study.paused_at) if study.paused_at else 0.0
    return {"paused_at": 0.0, "paused_total": study.paused_total + pause}


def cancel(tx: Transaction, call: StudyCall) -> Study:
    """Ends everything that is not final. A study that has ended otherwise stays as it is."""
    study = tx.studies.locked(call.study)
    if study.state is StudyState.CANCELLED:
        return study
    refuse_ended(study, StudyState.ACTIVE, StudyState.PAUSED)
    while open_trials := tx.trials.page(study, OPEN, 0, 500):
        for trial in open_trials:
            tx.trials.save(study, trial, life.cancelled(trial))
    return tx.studies.change(study, state=StudyState.CANCELLED, ended_at=tx.now, **unpaused(study, tx.now))


def delete(tx: Transaction, call: StudyCall) -> None:
    tx.studies.delete(tx.studies.locked(call.study))


def update(tx: Transaction, call: Update) -> Study:
    """A budget that leaves something to train makes a completed study active again."""
    study = tx.studies.locked(call.study)
    if call.labels is not None:
        study = tx.studies.change(study, labels=call.labels)
    if call.budget is None:
        return study
    refuse_ended(study, StudyState.ACTIVE, StudyState.PAUSED, StudyState.COMPLETED)
    refuse_too_short(study, call.budget)
    study = tx.studies.change(
        study,
        spec=with_budget(study.spec, call.budget),
        effective_spec=with_budget(study.effective_spec, call.budget),
    )
    if study.state is not StudyState.COMPLETED:
        return study
    gap = max(0.0, tx.now - study.ended_at)
    going_on = tx.studies.change(
        study, state=StudyState.ACTIVE, state_message="", ended_at=0.0, paused_total=study.paused_total + gap
    )
    reason = exhausted(tx, going_on, effective(going_on.effective_spec))
    if reason is None:
        return going_on
    return tx.studies.change(
        study,
        state=StudyState.COMPLETED,
        state_message=reason,
        ended_at=study.ended_at,
        paused_total=study.paused_total,
    )


def with_budget(stored: bytes, budget: pb.Budget) -> bytes:
    spec = pb.StudySpec.FromString(stored)
    spec.budget.CopyFrom(budget)
    return spec.SerializeToString(deterministic=True)


def refuse_too_short(study: Study, budget: pb.Budget) -> None:
    """A budget must leave something to train to members that begin with a checkpoint, rungs to Hyperband, and an
    end to configurations that are learnt from. A replay has none.
    """
    spec = effective(study.effective_spec)
    latest = max((member.start_step for member in spec.initial_population), default=0)
    told = ""
    if isinstance(spec.algorithm, Replay):
        told = "must be unset with replay, which ends when all of its trials are trained"
        raise InvalidRequest([Violation("study.spec.budget", told)])
    if 0 < budget.max_steps <= latest:
        told = f"an initial member starts at step {latest}"
    elif isinstance(spec.algorithm, Hyperband) and budget.max_steps <= spec.steps_per_trial:
        told = f"hyperband needs more than steps_per_trial {spec.steps_per_trial}"
    elif isinstance(spec.algorithm, LEARNING) and budget.max_steps == 0:
        told = "what the algorithm learns from is what becomes of a configuration in the end"
    if told:
        message = f"is {budget.max_steps}, but {told}"
        raise InvalidRequest([Violation("study.spec.budget.max_steps", message)])


def refuse_ended(study: Study, *allowed: StudyState) -> None:
    if study.state in allowed:
        return
    states = ", ".join(state.value for state in allowed)
    raise StudyHasEnded(
        f"study {study.name!r} is {study.state.value}; this needs it to be {states}",
        metadata={"study": study.name, "state": study.state.name},
    )
