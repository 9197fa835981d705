"""Creates the trials that a study's algorithm wants next: missing members, due reproductions, a schedule's."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TypeVar

from progenitor_storage import Transaction
from progenitor_storage.errors import database_failed
from progenitor_storage.model.spec import GridSearch, PopulationBasedTraining, RandomSearch, Spec
from progenitor_storage.model.study import Member, Study
from progenitor_storage.model.trial import Trial

from . import algorithms, limits, rule
from .algorithms.stopping import of_whole_configurations
from .curves import CurveReader
from .history import StoredHistory
from .notes import note
from .thoughts import Thoughts, Undecided

R = TypeVar("R")

NEVER_DUE = 2**63 - 1
"""A step beyond every budget: a place that has ended is never due again."""


class Creator:
    """Of one call on one study. `busy` are the initiators whose children other calls are deciding."""

    def __init__(
        self,
        tx: Transaction,
        study: Study,
        spec: Spec,
        thoughts: Thoughts,
        busy: frozenset[int] = frozenset(),
    ) -> None:
        self.tx = tx
        self.study = study
        self.spec = spec
        self._thoughts = thoughts
        self._busy = busy
        self._history = StoredHistory(tx, study, spec, thoughts)
        self._curves = CurveReader(tx, study, spec.metrics)

    def wanted(self, k: int) -> Iterator[Trial]:
        """In the order in which they are to be trained, created one by one; about `k` are asked for."""
        if algorithms.is_scheduled(self.spec):
            return self._scheduled()
        evolution = isinstance(self.spec.algorithm, PopulationBasedTraining)
        blind = isinstance(self.spec.algorithm, RandomSearch | GridSearch) and self.spec.stopping is None
        if evolution or blind:
            return chain(self._missing_members(), self._reproductions(k))
        # What learns from the configurations that are done begins the next ones as late as it can. So does early
        # stopping, which holds a configuration against those that are done.
        return chain(self._reproductions(k), self._missing_members())

    def _scheduled(self) -> Iterator[Trial]:
        while not self._stopped():
            draft = algorithms.next_trial(self.spec, self._history)
            if draft is None:
                return
            yield self._created(draft)

    def _missing_members(self) -> Iterator[Trial]:
        for member in range(self.tx.members.count(self.study), self.spec.places):
            if self._stopped():
                return
            try:
                draft = self._begun(member)
            except Undecided:
                return
            yield self._created(draft)

    def _reproductions(self, k: int) -> Iterator[Trial]:
        """Children of the initiators that are due: the oldest first, by generation in synchronous mode."""
        undecided: set[int] = set()
        while len(undecided) < k and not self._stopped():
            due = self._next_due(undecided)
            if due is None:
                return
            initiator = self._history.trial(due.newest)
            own = initiator if initiator.usable else self._newest_usable(due)
            try:
                reproduction = self._decided(algorithms.Place(own, due.fallbacks), initiator)
            except Undecided:
                undecided.add(due.newest)
                continue
            if reproduction.child is None:
                after = replace(due, reached=NEVER_DUE) if reproduction.ended else replace(due, closed=True)
                self.tx.members.save(self.study, due, after)
                continue
            child = self._created(reproduction.child)
            if reproduction.fallback:
                self.tx.members.save(self.study, due, replace(due, fallbacks=due.fallbacks + 1))
            yield child

    def _is_stopped(self, initiator: Trial) -> bool:
        """Whether the stopping rule ends a configuration where one of its sessions has ended. Raises Undecided."""
        stopping = self.spec.stopping
        if stopping is None or not initiator.usable or not of_whole_configurations(self.spec):
            return False
        try:
            stops = rule.says_stop(self.spec, stopping, initiator, self._curves)
            return (
                stops if isinstance(stops, bool) else self._history.think(("stop", initiator.number), stops)
            )
        except Undecided:
            raise
        except Exception as error:
            if database_failed(error):
                raise
            rule.note_error(self.tx, self.study, initiator, error)
            return False

    def _stopped(self) -> bool:
        return limits.stops_creating(self.tx.studies.current(self.study), self.spec) is not None

    def _created(self, draft: Trial) -> Trial:
        trial = self.tx.trials.insert(self.study, draft)
        self._history.created()
        return trial

    def _begun(self, member: int) -> Trial:
        return self._unless_it_raises(
            lambda: algorithms.begin(self.spec, self._history, member),
            f"the first trial of member {member}",
            "its hyperparameters were sampled",
            lambda: algorithms.initial(self.spec, member),
        )

    def _decided(self, place: algorithms.Place, initiator: Trial) -> algorithms.Reproduction:
        if self._is_stopped(initiator):
            return algorithms.ENDED
        return self._unless_it_raises(
            lambda: algorithms.decide(self.spec, self._history, place, initiator),
            f"the child of trial {initiator.number}",
            "its place went on alone",
            lambda: algorithms.alone(self.spec, place, initiator),
        )

    def _unless_it_raises(
        self, decision: Callable[[], R], of_what: str, what_then: str, instead: Callable[[], R]
    ) -> R:
        """A decision that raises leaves a message on the study and stops nobody's report."""
        try:
            return decision()
        except Undecided:
            raise
        except Exception as error:
            if database_failed(error):
                raise
            note(self.tx, self.study, f"the decision on {of_what}", error, f"; {what_then}")
            return instead()

    def _next_due(self, undecided: set[int]) -> Member | None:
        """The member whose reproduction is decided next; None while none is due or it has to wait for others."""
        passed = undecided | self._busy
        most = self.spec.budget.max_steps
        evolution = self.spec.algorithm
        if isinstance(evolution, PopulationBasedTraining):
            if (
                evolution.start_after_members > 0
                and evolution.start_after_members > self.tx.members.with_final(self.study)
            ):
                return None
            if evolution.synchronous:
                return self._next_of_a_generation(passed)
            if evolution.sub_populations:
                # Else those whose sessions are long would be ahead of those that they are compared with.
                due = self.tx.members.due_by_steps(self.study, most, len(passed) + 1)
                return next((member for member in due if member.newest not in passed), None)
        due = self.tx.members.due(self.study, most, len(passed) + 1)
        return next((member for member in due if member.newest not in passed), None)

    def _next_of_a_generation(self, passed: frozenset[int] | set[int]) -> Member | None:
        """Of a population whose members have all come to its generation, strictly one after the other."""
        most = self.spec.budget.max_steps
        for among in algorithms.populations(self.spec):
            for member in self.tx.members.due_by_generation(self.study, most, among, limit=1):
                source = algorithms.source_of(self.spec, member.member, member.generation)
                ready = self._has_come_to(member.generation, among) and (
                    source is None or self._has_come_to(source.generation, source.members)
                )
                if ready and member.newest not in passed:
                    return member
        return None

    def _has_come_to(self, generation: int, among: range) -> bool:
        """Whether each of these members has a final trial of this generation, or will never have one."""
        behind = self.tx.members.due_by_generation(self.study, self.spec.budget.max_steps, among, limit=1)
        if behind and behind[0].generation < generation:
            return False
        return not self.tx.trials.open_up_to(self.study, generation, among)

    def _newest_usable(self, member: Member) -> Trial | None:
        return None if member.newest_usable is None else self._history.trial(member.newest_usable)
