"""GetEarlyStoppingTrials: records measurements, renews leases, says which trials to stop."""

import logging

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.model.spec import Spec, Stopping
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import StopCause, Trial, TrialState

from . import life, limits
from .algorithms.stopping import comparison, should_stop
from .calls import EarlyStoppingCall
from .create import MAX_MESSAGE
from .curves import CurveReader
from .errors import StaleRequest
from .record import record
from .wire.decode import effective
from .wire.names import trial_name
from .wire.studies import STATES
from .wire.values import duration

log = logging.getLogger(__name__)


def stop_early(tx: Transaction, call: EarlyStoppingCall) -> pb.GetEarlyStoppingTrialsResponse:
    study = tx.studies.locked(call.study)
    refuse_older_process(tx, study, call)
    spec = effective(study.effective_spec)
    recorded = record(tx, study, spec, call.worker.id, call.reports)
    measured = {report.trial for report in call.reports if report.measurements}
    reader = CurveReader(tx, study, spec.metrics)
    for trial in recorded.held:
        if trial.number in measured:
            stop_by_rule(tx, study, spec, trial, reader)
    if study.state is StudyState.ACTIVE:
        limits.enforce(tx, study, spec)
    tx.workers.heard(study, call.worker)
    now = tx.trials.find(study, [trial.number for trial in recorded.held])
    stopping = sorted(number for number, trial in now.items() if trial.state is TrialState.STOPPING)
    return pb.GetEarlyStoppingTrialsResponse(
        trials=[trial_name(study.name, number) for number in stopping],
        lost_trials=[trial_name(study.name, number) for number in recorded.lost],
        lease_remaining=duration(spec.lease_duration),
        study_state=STATES[study.state],
    )


def refuse_older_process(tx: Transaction, study: Study, call: EarlyStoppingCall) -> None:
    logged = tx.workers.answer(study, call.worker.id)
    if logged is not None and call.worker.incarnation < logged.incarnation:
        raise StaleRequest(metadata={"worker": call.worker.id})


def stop_by_rule(tx: Transaction, study: Study, spec: Spec, trial: Trial, reader: CurveReader) -> None:
    """Asks a running trial to stop if the study's rule says so.

    A rule that raises leaves a message on the study and stops nothing.
    """
    if spec.stopping is None or trial.state is not TrialState.RUNNING:
        return
    try:
        stops = rule_stops(spec, spec.stopping, trial, reader)
    except Exception as error:
        log.exception("the stopping rule raised on trial %d of %s", trial.number, study.name)
        message = f"the stopping rule raised {error!r} on trial {trial.number}, which goes on"
        tx.studies.change(study, state_message=message[:MAX_MESSAGE])
        return
    if stops:
        tx.trials.save(study, trial, life.asked_to_stop(trial, StopCause.RULE))


def rule_stops(spec: Spec, stopping: Stopping, trial: Trial, reader: CurveReader) -> bool:
    compared = comparison(spec, stopping, trial)
    if trial.step < compared.grace_steps:
        return False
    curves = reader.curves(trial, compared)
    if curves is None:
        return False
    return should_stop(stopping, spec.metrics, curves.own, curves.others, compared.final_step)
