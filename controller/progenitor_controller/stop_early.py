"""GetEarlyStoppingTrials: records measurements, renews leases, says which trials to stop."""

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.model.spec import MedianStopping, Spec
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import StopCause, Trial, TrialState

from . import algorithms, life, limits
from .calls import EarlyStoppingCall
from .errors import StaleRequest
from .record import record
from .wire.decode import effective
from .wire.names import trial_name
from .wire.studies import STATES
from .wire.values import duration


def stop_early(tx: Transaction, call: EarlyStoppingCall) -> pb.GetEarlyStoppingTrialsResponse:
    study = tx.studies.locked(call.study)
    refuse_older_process(tx, study, call)
    spec = effective(study.effective_spec)
    recorded = record(tx, study, spec, call.worker.id, call.reports)
    measured = {report.trial for report in call.reports if report.measurements}
    for trial in recorded.held:
        if trial.number in measured:
            stop_by_rule(tx, study, spec, trial)
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


def stop_by_rule(tx: Transaction, study: Study, spec: Spec, trial: Trial) -> None:
    """Asks a running trial to stop if the study's rule says so."""
    if spec.stopping is None or trial.state is not TrialState.RUNNING:
        return
    if rule_stops(tx, study, spec, spec.stopping, trial):
        tx.trials.save(study, trial, life.asked_to_stop(trial, StopCause.RULE))


def rule_stops(tx: Transaction, study: Study, spec: Spec, stopping: MedianStopping, trial: Trial) -> bool:
    """The rule sees the completed trials of other members in the same generation, up to the step reached."""
    if trial.step < stopping.grace_steps:
        return False
    peers = [
        peer.number
        for peer in tx.trials.usable_in(study, trial.generation, trial.generation)
        if peer.member != trial.member
    ]
    if len(peers) < stopping.min_trials:
        return False
    seen = tx.measurements.up_to(study, [trial.number, *peers], trial.step)
    others = [seen[peer] for peer in peers if seen.get(peer)]
    return algorithms.should_stop(stopping, spec.metrics, seen.get(trial.number, []), others)
