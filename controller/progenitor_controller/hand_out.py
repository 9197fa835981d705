"""Hands out trials: those that wait for a worker, then missing initial members, then due reproductions."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from progenitor_storage import Transaction
from progenitor_storage.model.spec import PopulationBasedTraining, Spec
from progenitor_storage.model.study import Member, Study, StudyState
from progenitor_storage.model.trial import Trial

from . import algorithms, limits
from .calls import SuggestionCall
from .record import lose
from .wire.pages import MAX_BYTES
from .wire.trials import trial_to_wire

NEVER_DUE = 2**63 - 1
"""A step beyond every budget: a place that has ended is never due again."""
MAX_MESSAGE = 4000
"""Characters of a study's message."""

log = logging.getLogger(__name__)


def give_up(tx: Transaction, study: Study, worker: str, named: Sequence[int]) -> list[Trial]:
    """Takes back what this worker held and no longer names, then what is under leases that ran out.

    Gives the former: they are first in line for the same worker.
    """
    forgotten = [trial for trial in tx.trials.held_by(study, worker) if trial.number not in named]
    taken = [lose(tx, study, trial) for trial in forgotten]
    for trial in tx.trials.expired(study):
        lose(tx, study, trial)
    return [trial for trial in taken if not trial.state.final]


def hand_out(
    tx: Transaction, study: Study, spec: Spec, call: SuggestionCall, first: Sequence[Trial]
) -> list[Trial]:
    """Up to `call.k` trials, each claimed for its worker; `first` are preferred. An answer ends at 1 MiB."""
    if tx.studies.current(study).state is not StudyState.ACTIVE or not limits.enforce(tx, study, spec):
        return []
    claimed: list[Trial] = []
    size = 0
    if call.k == 0:
        return claimed
    expires = tx.now + spec.lease_duration
    for trial in in_line(tx, study, spec, call.k, first):
        mine = tx.trials.claim(study, trial, call.worker, expires)
        if mine is not None:
            claimed.append(mine)
        if len(claimed) == call.k:
            break
        if mine is not None:
            size += trial_to_wire(study.name, study.uid, mine, tx.now).ByteSize()
        if size > MAX_BYTES:
            break
    return claimed


def in_line(tx: Transaction, study: Study, spec: Spec, k: int, first: Sequence[Trial]) -> Iterator[Trial]:
    """The trials to hand out, in their order; those that do not exist yet are created as they are needed."""
    yield from first
    preferred = {trial.number for trial in first}
    yield from (trial for trial in tx.trials.waiting(study, k + len(first)) if trial.number not in preferred)
    yield from missing_members(tx, study, spec)
    yield from reproductions(tx, study, spec)


def missing_members(tx: Transaction, study: Study, spec: Spec) -> Iterator[Trial]:
    for member in range(tx.members.count(study), spec.places):
        if limits.stops_creating(tx.studies.current(study), spec):
            return
        yield tx.trials.insert(study, algorithms.initial(spec, member))


def reproductions(tx: Transaction, study: Study, spec: Spec) -> Iterator[Trial]:
    """Children of the initiators that are due: the oldest first, by generation in synchronous mode."""
    read: dict[algorithms.Window, Sequence[Trial]] = {}  # what is created meanwhile is never a candidate
    while not limits.stops_creating(tx.studies.current(study), spec):
        due = next_due(tx, study, spec)
        if due is None:
            return
        initiator = tx.trials.get(study, due.newest)
        window = algorithms.window(spec, initiator)
        if window not in read:
            read[window] = candidates(tx, study, window)
        population = algorithms.Population(
            candidates=read[window],
            own=initiator if initiator.usable else newest_usable(tx, study, due),
            fallbacks=due.fallbacks,
        )
        reproduction = decided(tx, study, spec, population, initiator)
        if reproduction.child is None:
            after = replace(due, reached=NEVER_DUE) if reproduction.ended else replace(due, closed=True)
            tx.members.save(study, due, after)
            continue
        child = tx.trials.insert(study, reproduction.child)
        if reproduction.fallback:
            tx.members.save(study, due, replace(due, fallbacks=due.fallbacks + 1))
        yield child


def decided(
    tx: Transaction, study: Study, spec: Spec, population: algorithms.Population, initiator: Trial
) -> algorithms.Reproduction:
    """A decision that raises leaves a message on the study and stops nobody's report: the initiator goes on alone."""
    try:
        return algorithms.decide(spec, population, initiator)
    except Exception as error:
        log.exception("the decision on the child of trial %d of %s raised", initiator.number, study.name)
        message = (
            f"the decision on the child of trial {initiator.number} raised {error!r}; its place went on alone"
        )
        tx.studies.change(study, state_message=message[:MAX_MESSAGE])
        return algorithms.alone(spec, population, initiator)


def next_due(tx: Transaction, study: Study, spec: Spec) -> Member | None:
    """The member whose reproduction is decided next; None while none is due or it has to wait for others."""
    evolution = spec.algorithm if isinstance(spec.algorithm, PopulationBasedTraining) else None
    synchronous = evolution is not None and evolution.synchronous
    due = tx.members.next_due(study, spec.budget.max_steps, by_generation=synchronous)
    if due is None:
        return None
    if synchronous and tx.trials.open_up_to(study, due.generation):
        return None
    if evolution is not None and evolution.start_after_members > tx.members.with_final(study):
        return None
    return due


def candidates(tx: Transaction, study: Study, window: algorithms.Window) -> Sequence[Trial]:
    """The stored trials that a decision rests on: those of its window, never all of them."""
    match window:
        case algorithms.Generations(first, last):
            return tx.trials.usable_in(study, first, last)
        case algorithms.NewestOfMembers(generation):
            ahead_or_behind = [t for t in tx.trials.newest_usable(study) if t.generation != generation]
            return tx.trials.usable_in(study, generation, generation) + ahead_or_behind
        case algorithms.Nobody():
            return ()


def newest_usable(tx: Transaction, study: Study, member: Member) -> Trial | None:
    return None if member.newest_usable is None else tx.trials.get(study, member.newest_usable)
