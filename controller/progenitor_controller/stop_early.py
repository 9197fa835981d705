"""GetEarlyStoppingTrials: records measurements, renews leases, says which trials to stop.

A rule that is a plug-in is asked between two transactions: `stop_early` records and says what is asked, and where the
answer is more than "go on", `stop_judged` makes it true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.errors import database_failed
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import StopCause, Trial, TrialState

from . import algorithms, life, limits
from .calls import EarlyStoppingCall
from .curves import CurveReader
from .errors import StaleRequest
from .record import holds, record
from .rule import note_error, says_stop
from .thoughts import Thought
from .wire.decode import effective
from .wire.names import trial_name
from .wire.studies import STATES
from .wire.values import duration


@dataclass(frozen=True, slots=True)
class Heard:
    """`asked` is what a plug-in is to compute, by trial; `lease_duration` in seconds."""

    answer: pb.GetEarlyStoppingTrialsResponse
    lease_duration: float
    asked: Mapping[int, Callable[[], bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the plug-in said of a call's trials."""

    call: EarlyStoppingCall
    verdicts: Mapping[int, Thought]

    @property
    def study(self) -> str:
        return self.call.study

    @property
    def tells(self) -> bool:
        """Whether there is anything to store."""
        return any(verdict.error is not None or verdict.result for verdict in self.verdicts.values())


def stop_early(tx: Transaction, call: EarlyStoppingCall) -> Heard:
    study = tx.studies.locked(call.study)
    refuse_older_process(tx, study, call)
    spec = effective(study.effective_spec)
    recorded = record(tx, study, spec, call.worker.id, call.reports)
    measured = {report.trial for report in call.reports if report.measurements}
    reader = CurveReader(tx, study, spec.metrics)
    open_questions: dict[int, Callable[[], bool]] = {}
    for trial in recorded.held:
        if trial.number in measured:
            question = stop_by_rule(tx, study, spec, trial, reader)
            if question:
                open_questions[trial.number] = question
    if study.state is StudyState.ACTIVE:
        limits.enforce(tx, study, spec)
    tx.workers.heard(study, call.worker)
    held = [trial.number for trial in recorded.held]
    return Heard(told(tx, study, spec, held, recorded.lost), spec.lease_duration, open_questions)


def stop_judged(tx: Transaction, judged: Judged) -> pb.GetEarlyStoppingTrialsResponse:
    """What a plug-in said counts for the trials that the worker still holds and that are still running."""
    call = judged.call
    study = tx.studies.locked(call.study)
    spec = effective(study.effective_spec)
    known = tx.trials.find(study, [report.trial for report in call.reports])
    held = [
        report.trial
        for report in call.reports
        if report.trial in known and holds(call.worker.id, report.epoch, known[report.trial])
    ]
    for number in held:
        verdict, trial = judged.verdicts.get(number, Thought(result=False)), known[number]
        if verdict.error is not None:
            note_error(tx, study, trial, verdict.error)
        elif verdict.result and trial.state is TrialState.RUNNING:
            tx.trials.save(study, trial, life.asked_to_stop(trial, StopCause.RULE))
    return told(tx, study, spec, held, [r.trial for r in call.reports if r.trial not in held])


def told(
    tx: Transaction, study: Study, spec: Spec, held: Sequence[int], lost: Sequence[int]
) -> pb.GetEarlyStoppingTrialsResponse:
    now = tx.trials.find(study, held)
    stopping = sorted(number for number, trial in now.items() if trial.state is TrialState.STOPPING)
    return pb.GetEarlyStoppingTrialsResponse(
        trials=[trial_name(study.name, number) for number in stopping],
        lost_trials=[trial_name(study.name, number) for number in lost],
        lease_remaining=duration(spec.lease_duration),
        study_state=STATES[study.state],
    )


def refuse_older_process(tx: Transaction, study: Study, call: EarlyStoppingCall) -> None:
    logged = tx.workers.answer(study, call.worker.id)
    if logged is not None and call.worker.incarnation < logged.incarnation:
        raise StaleRequest(metadata={"worker": call.worker.id})


def stop_by_rule(
    tx: Transaction, study: Study, spec: Spec, trial: Trial, reader: CurveReader
) -> Callable[[], bool] | None:
    """Asks a running trial to stop if the study's rule says so; gives what is left to compute if it is a plug-in.

    A control is not asked to. A rule that raises leaves a message on the study and stops nothing.
    """
    if (
        spec.stopping is None
        or trial.state is not TrialState.RUNNING
        or trial.member in algorithms.controls(spec)
    ):
        return None
    try:
        stops = says_stop(spec, spec.stopping, trial, reader)
    except Exception as error:
        if database_failed(error):
            raise
        note_error(tx, study, trial, error)
        return None
    if stops is True:
        tx.trials.save(study, trial, life.asked_to_stop(trial, StopCause.RULE))
    return None if isinstance(stops, bool) else stops
