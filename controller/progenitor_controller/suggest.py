"""GetNewSuggestion: records what became of trials, then hands out new ones, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Transaction
from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import LoggedAnswer, Study, StudyState
from progenitor_storage.model.trial import Trial

from .calls import SuggestionCall
from .create import Creator
from .errors import InvalidRequest, SequenceReused, StaleRequest, Violation
from .hand_out import give_up, hand_out
from .limits import settle
from .record import record
from .thoughts import Thoughts
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
class Deciding:
    """A call on its way. `busy` are the initiators whose children other calls are deciding."""

    call: SuggestionCall
    thoughts: Thoughts = field(default_factory=Thoughts)
    busy: frozenset[int] = frozenset()

    @property
    def study(self) -> str:
        return self.call.study


def suggest(tx: Transaction, deciding: Deciding) -> pb.GetNewSuggestionResponse:
    """The answer; as far as it goes while `deciding.thoughts` asks for what is slow to compute."""
    call, thoughts = deciding.call, deciding.thoughts
    thoughts.asked.clear()  # a transaction that broke off is run again
    study = tx.studies.locked(call.study)
    logged = logged_before(tx, study, call)
    told = pb.GetNewSuggestionResponse.FromString(logged.answer) if logged else pb.GetNewSuggestionResponse()
    if logged and logged.complete:
        return told
    spec = effective(study.effective_spec)
    first: Sequence[Trial] = ()
    if not logged:
        refuse_deletions(call)
        recorded = record(tx, study, spec, call.worker.id, call.reports)
        first = give_up(tx, study, call.worker.id, [trial.number for trial in recorded.held])
        told.lost_trials.extend(trial_name(study.name, number) for number in recorded.lost)
    creator = Creator(tx, study, spec, thoughts, deciding.busy)
    trials = hand_out(creator, call.worker, first, call.k - len(told.trials))
    told.trials.extend(trial_to_wire(study.name, study.uid, trial, tx.now) for trial in trials)
    finish(told, settle(tx, study, spec), spec, call.k)
    keep = tx.workers.keep_begun if thoughts.asked else tx.workers.keep
    keep(study, call.worker, call.sequence, call.digest, told.SerializeToString())
    return told


def logged_before(tx: Transaction, study: Study, call: SuggestionCall) -> LoggedAnswer | None:
    """What this very call was answered before, as far as it came; None for a new call.

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
    return logged


def refuse_deletions(call: SuggestionCall) -> None:
    """All checkpoints are kept, so none was ever named as deletable."""
    if call.deleted:
        told = "was never named as deletable: this study keeps all its checkpoints"
        raise InvalidRequest([Violation(f"deleted[{place}]", told) for place in range(len(call.deleted))])


def finish(told: pb.GetNewSuggestionResponse, study: Study, spec: Spec, k: int) -> None:
    """Says how the study stands, and when to ask again for what is missing."""
    told.study_state = STATES[study.state]
    if len(told.trials) < k and study.state in (StudyState.ACTIVE, StudyState.PAUSED):
        told.retry_after.CopyFrom(duration(retry_after(study, spec)))
    else:
        told.ClearField("retry_after")


def retry_after(study: Study, spec: Spec) -> float:
    """Seconds."""
    shortest, longest = RETRY_BOUNDS
    ended = sum(count for state, count in study.counts.items() if state.final)
    wait = RETRY_SHARE * study.worked / ended if ended else FIRST_RETRY
    if study.state is StudyState.PAUSED:
        wait = longest
    return min(max(shortest, wait), longest, spec.lease_duration / 2)
