"""A study's status: a look-up, as its counters stand in its row."""

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import trial_pb2
from progenitor_storage import Snapshot
from progenitor_storage.model.spec import Goal, Spec
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import TrialState

from . import algorithms, life
from .calls import StudyCall
from .front import best
from .limits import elapsed
from .wire.decode import effective
from .wire.studies import study_to_wire
from .wire.trials import STATES, trial_to_wire
from .wire.values import duration


def status(tx: Snapshot, call: StudyCall) -> pb.GetStudyStatusResponse:
    study = tx.studies.get(call.study)
    spec = effective(study.effective_spec)
    fittest = next(iter(best(tx, study, spec, None, 1)), None)
    return pb.GetStudyStatusResponse(
        study=study_to_wire(study),
        trial_counts={trial_pb2.TrialState.Name(STATES[state]): n for state, n in counts(tx, study).items()},
        total_steps=study.total_steps,
        progress=progress(tx, study, spec),
        elapsed=duration(elapsed(study, tx.now)),
        worked=duration(study.worked),
        lost=duration(study.lost),
        active_workers=tx.workers.active(study, tx.now),
        best_trial=None if fittest is None else trial_to_wire(study.name, study.uid, fittest, tx.now),
    )


def counts(tx: Snapshot, study: Study) -> dict[TrialState, int]:
    """Of every state; trials whose lease ran out count as what the next claim makes of them."""
    shown = {state: study.counts.get(state, 0) for state in TrialState}
    for trial in tx.trials.expired(study):
        shown[trial.state] -= 1
        shown[life.as_seen(trial, tx.now).state] += 1
    return shown


def progress(tx: Snapshot, study: Study, spec: Spec) -> float:
    """Of the limit nearest to being reached, 0 to 1; 1 for a completed study."""
    if study.state is StudyState.COMPLETED:
        return 1.0
    budget = spec.budget
    shares = [0.0]
    if algorithms.is_scheduled(spec):
        shares.append(study.total_steps / algorithms.planned_steps(spec))
    elif budget.max_steps:
        shares.append(tx.members.trained(study, budget.max_steps) / (spec.places * budget.max_steps))
    if budget.max_trials:
        ended = sum(study.counts.get(state, 0) for state in TrialState if state.final)
        shares.append(ended / budget.max_trials)
    if budget.max_total_steps:
        shares.append(study.total_steps / budget.max_total_steps)
    if budget.max_duration:
        shares.append(elapsed(study, tx.now) / budget.max_duration)
    if budget.target is not None and study.best_first_metric is not None:
        maximize = spec.metrics[0].goal is Goal.MAXIMIZE
        best_value = study.best_first_metric
        shares.append(float(best_value >= budget.target if maximize else best_value <= budget.target))
    return min(1.0, max(shares))
