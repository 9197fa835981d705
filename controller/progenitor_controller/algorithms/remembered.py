"""A history that is a list: for benchmarks, for tests, and for the authors of plug-ins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from progenitor_storage.model.spec import Parameters
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Candidate, Observation, StopCause, Trial, TrialState

from .custom.interfaces import NoPlugIns, PlugIns
from .history import Key
from .opponents import as_candidate

R = TypeVar("R")


@dataclass
class Remembered:
    """A `History` of trials in any order; slow computations are made at once.

    Candidates come in the order in which the trials were given, so that a decision which depends on it is found out.
    """

    trials: Sequence[Trial]
    plug_ins: PlugIns = field(default_factory=NoPlugIns)

    def trial(self, number: int) -> Trial:
        return next(trial for trial in self.trials if trial.number == number)

    def at(self, member: int, generation: int) -> Trial:
        return next(t for t in self.trials if (t.member, t.generation) == (member, generation))

    def usable_in(self, first: int, last: int) -> list[Candidate]:
        return [candidate for candidate in self._usable() if first <= candidate.generation <= last]

    def newest_usable(self) -> list[Candidate]:
        usable = self._usable()
        newest = {c.member: c.number for c in sorted(usable, key=lambda candidate: candidate.generation)}
        return [candidate for candidate in usable if candidate.number == newest[candidate.member]]

    def standing_at(self, generation: int) -> list[Candidate]:
        there = {candidate.member: candidate for candidate in self.usable_in(generation, generation)}
        return [
            there.get(newest.member, newest) if newest.generation > generation else newest
            for newest in self.newest_usable()
        ]

    def metrics(self, numbers: Sequence[int]) -> Mapping[int, Mapping[str, float]]:
        wanted = set(numbers)
        return {
            trial.number: trial.measurement.metrics
            for trial in self.trials
            if trial.number in wanted and trial.measurement
        }

    def parameters(self, numbers: Sequence[int]) -> Mapping[int, Parameters]:
        wanted = set(numbers)
        return {trial.number: trial.parameters for trial in self.trials if trial.number in wanted}

    def interrupted(self) -> frozenset[int]:
        return frozenset(trial.number for trial in self.trials if trial.stop_cause is StopCause.LIMIT)

    def lineage(self, number: int, count: int) -> list[Trial]:
        chain = [self.trial(number)]
        while chain[-1].parent is not None and len(chain) < count:
            chain.append(self.trial(chain[-1].parent))
        return chain[::-1]

    def observations(self, count: int) -> list[Observation]:
        return self._completed()[-count:]

    def observations_among(self, members: range, last: int, count: int) -> list[Observation]:
        return [o for o in self._completed() if o.member in members and o.generation <= last][-count:]

    def unfinished(self, count: int) -> list[Observation]:
        running = [self._observed(trial) for trial in self._sorted() if not trial.state.final]
        return running[-count:]

    def sessions(self, numbers: Sequence[int]) -> list[Observation]:
        wanted = set(numbers)
        return [self._observed(trial) for trial in self._sorted() if trial.number in wanted]

    def places(self) -> list[Member]:
        newest: dict[int, Trial] = {}
        for trial in sorted(self.trials, key=lambda trial: (trial.member, trial.generation)):
            newest[trial.member] = trial
        usable = {candidate.member: candidate.number for candidate in self.newest_usable()}
        return [
            Member(
                member=trial.member,
                newest=trial.number,
                generation=trial.generation,
                final=trial.state.final,
                reached=trial.reached if trial.state.final else trial.start_step,
                due=trial.number if trial.state.final else 0,
                newest_usable=usable.get(trial.member),
            )
            for trial in newest.values()
        ]

    def think(self, _key: Key, work: Callable[[], R]) -> R:
        return work()

    def _usable(self) -> list[Candidate]:
        return [candidate for candidate in map(as_candidate, self.trials) if candidate]

    def _sorted(self) -> list[Trial]:
        return sorted(self.trials, key=lambda trial: trial.number)

    def _completed(self) -> list[Observation]:
        done = [t for t in self._sorted() if t.state is TrialState.COMPLETED and t.fitness is not None]
        return [self._observed(trial) for trial in done]

    def _observed(self, trial: Trial) -> Observation:
        parents = [] if trial.parent is None else [t for t in self.trials if t.number == trial.parent]
        completed = trial.state is TrialState.COMPLETED and trial.measurement is not None
        return Observation(
            number=trial.number,
            member=trial.member,
            generation=trial.generation,
            parent=trial.parent,
            parameters=trial.parameters,
            start_step=trial.start_step,
            end_step=trial.end_step,
            start_fitness=parents[0].fitness if parents else None,
            fitness=trial.fitness,
            metrics=trial.measurement.metrics if completed and trial.measurement else {},
        )
