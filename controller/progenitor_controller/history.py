"""The stored trials of a study as a decision reads them, each question asked once in a call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from progenitor_storage import Snapshot
from progenitor_storage.model.spec import Parameters, Spec
from progenitor_storage.model.study import Member, Study
from progenitor_storage.model.trial import Candidate, Observation, Trial

from . import algorithms
from .algorithms.custom.interfaces import PlugIns
from .algorithms.history import Key
from .plugins.installed import INSTALLED
from .thoughts import Thoughts

R = TypeVar("R")


class StoredHistory:
    """`algorithms.History` on a transaction.

    What a call creates is never a candidate, so candidates are read once in it; `created` forgets the rest.
    """

    def __init__(self, tx: Snapshot, study: Study, spec: Spec, thoughts: Thoughts) -> None:
        self._tx = tx
        self._study = study
        self._spec = spec
        self._thoughts = thoughts
        self._read: dict[Key, Any] = {}
        self._passing: dict[Key, Any] = {}

    @property
    def plug_ins(self) -> PlugIns:
        return INSTALLED

    def created(self) -> None:
        """A trial was created: what is not final has changed."""
        self._passing.clear()

    def trial(self, number: int) -> Trial:
        return once(self._read, ("trial", number), lambda: self._tx.trials.get(self._study, number))

    def at(self, member: int, generation: int) -> Trial:
        key = ("at", member, generation)
        return once(self._read, key, lambda: self._tx.replays.at(self._study, member, generation))

    def usable_in(self, first: int, last: int) -> Sequence[Candidate]:
        key = ("usable in", first, last)
        return once(self._read, key, lambda: self._tx.candidates.usable_in(self._study, first, last))

    def newest_usable(self) -> Sequence[Candidate]:
        return once(self._read, ("newest usable",), lambda: self._tx.candidates.newest(self._study))

    def metrics(self, numbers: Sequence[int]) -> Mapping[int, Mapping[str, float]]:
        key = ("metrics", *numbers)
        return once(self._read, key, lambda: self._tx.candidates.metrics(self._study, numbers))

    def parameters(self, numbers: Sequence[int]) -> Mapping[int, Parameters]:
        key = ("parameters", *numbers)
        return once(self._read, key, lambda: self._tx.candidates.parameters(self._study, numbers))

    def interrupted(self) -> frozenset[int]:
        return once(self._read, ("interrupted",), lambda: self._tx.candidates.interrupted(self._study))

    def lineage(self, number: int, count: int) -> Sequence[Trial]:
        key = ("lineage", number, count)
        return once(self._read, key, lambda: self._tx.trials.newest_of_lineage(self._study, number, count))

    def observations(self, count: int) -> Sequence[Observation]:
        key = ("observations", count)
        return once(self._read, key, lambda: self._scored(self._tx.observations.newest(self._study, count)))

    def unfinished(self) -> Sequence[Observation]:
        return once(
            self._passing,
            ("unfinished",),
            lambda: self._scored(self._tx.observations.unfinished(self._study)),
        )

    def places(self) -> Sequence[Member]:
        return once(self._passing, ("places",), lambda: self._tx.members.all(self._study))

    def think(self, key: Key, work: Callable[[], R]) -> R:
        return self._thoughts.of(key, work)

    def _scored(self, observations: Sequence[Observation]) -> list[Observation]:
        """With the fitness before the first step of those that have no parent and measured it."""
        return [
            observation
            if observation.parent is not None
            else replace(observation, start_fitness=self._start_fitness(observation))
            for observation in observations
        ]

    def _start_fitness(self, observation: Observation) -> float | None:
        measured = self._tx.measurements.at(self._study, observation.number, observation.start_step, 0)
        if measured is None or not {metric.name for metric in self._spec.metrics} <= measured.metrics.keys():
            return None
        return algorithms.fitness(self._spec.metrics, measured.metrics)


def once(read: dict[Key, Any], key: Key, ask: Callable[[], R]) -> R:
    if key not in read:
        read[key] = ask()
    answer: R = read[key]
    return answer
