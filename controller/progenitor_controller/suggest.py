"""GetNewSuggestion: records what became of trials, then hands out new ones, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Study, StudyState
from progenitor_storage.model.trial import Trial

from .calls import SuggestionCall
from .errors import InvalidRequest, SequenceReused, StaleRequest, Violation
from .hand_out import give_up, hand_out
from .limits import settle
from .record import record
from .wire.decode import effective
from .wire.names import trial_name
from .wire.studies import STATES
from .wire.trials import trial_to_wire
from .wire.values import duration

FIRST_RETRY = 0.2
"""Seconds until a worker asks again that got less than it asked for, while no trial has ended yet."""
RETRY_SHARE = 0.1
"""Of what a trial takes on average: something is due about when a running trial ends."""
RETRY_BOUNDS = (0.05, 5.0)
"""Seconds; the longer one also while the study is paused."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`lost` are the numbers of reported trials that are no longer the worker's."""

    trials: Sequence[Trial]
    lost: Sequence[int]


def suggest(tx: Transaction, call: SuggestionCall) -> pb.GetNewSuggestionResponse:
    study = tx.studies.locked(call.study)
    answered = answer_before(tx, study, call)
    if answered is not None:
        return answered
    spec = effective(study.effective_spec)
    refuse_deletions(call)
    recorded = record(tx, study, spec, call.worker.id, call.reports)
    first = give_up(tx, study, call.worker.id, [trial.number for trial in recorded.held])
    answer = Answer(hand_out(tx, study, spec, call, first), recorded.lost)
    told = response(settle(tx, study, spec), spec, call, answer, tx.now)
    tx.workers.keep(study, call.worker, call.sequence, call.digest, told.SerializeToString())
    return told


def answer_before(tx: Transaction, study: Study, call: SuggestionCall) -> pb.GetNewSuggestionResponse | None:
    """The answer that this very call got before, None for a new call.

    Raises SequenceReused or StaleRequest.
    """
    logged = tx.workers.answer(study, call.worker.id)
    if logged is None:
        return None
    mine = (call.worker.incarnation, call.sequence)
    if mine > (logged.incarnation, logged.sequence):
        return None
    names = {"worker": call.worker.id, "sequence": str(call.sequence), "newest": str(logged.sequence)}
    if mine < (logged.incarnation, logged.sequence):
        raise StaleRequest(metadata=names)
    if call.digest != logged.digest:
        raise SequenceReused(metadata=names, violations=[Violation("sequence", SequenceReused.__doc__ or "")])
    return pb.GetNewSuggestionResponse.FromString(logged.answer)


def refuse_deletions(call: SuggestionCall) -> None:
    """All checkpoints are kept, so none was ever named as deletable."""
    if call.deleted:
        told = "was never named as deletable: this study keeps all its checkpoints"
        raise InvalidRequest([Violation(f"deleted[{place}]", told) for place in range(len(call.deleted))])


def response(
    study: Study, spec: Spec, call: SuggestionCall, answer: Answer, now: float
) -> pb.GetNewSuggestionResponse:
    waits = len(answer.trials) < call.k and study.state in (StudyState.ACTIVE, StudyState.PAUSED)
    return pb.GetNewSuggestionResponse(
        trials=[trial_to_wire(study.name, study.uid, trial, now) for trial in answer.trials],
        lost_trials=[trial_name(study.name, number) for number in answer.lost],
        study_state=STATES[study.state],
        retry_after=duration(retry_after(study, spec)) if waits else None,
    )


def retry_after(study: Study, spec: Spec) -> float:
    """Seconds."""
    shortest, longest = RETRY_BOUNDS
    ended = sum(count for state, count in study.counts.items() if state.final)
    wait = RETRY_SHARE * study.worked / ended if ended else FIRST_RETRY
    if study.state is StudyState.PAUSED:
        wait = longest
    return min(max(shortest, wait), longest, spec.lease_duration / 2)
