"""The stored trials of a study as a decision reads them, each question asked once in a call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from progenitor_storage import Snapshot
from progenitor_storage.model.spec import Parameters, Spec
from progenitor_storage.model.study import Member, Study
from progenitor_storage.model.trial import Candidate, Measurement, Observation, Trial

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

    def standing_at(self, generation: int) -> Sequence[Candidate]:
        key = ("standing at", generation)
        return once(self._read, key, lambda: self._tx.candidates.standing_at(self._study, generation))

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

    def observations_among(self, members: range, last: int, count: int) -> Sequence[Observation]:
        def ask() -> list[Observation]:
            return self._scored(self._tx.observations.newest_among(self._study, members, last, count))

        return once(self._read, ("observations among", members, last, count), ask)

    def unfinished(self, count: int) -> Sequence[Observation]:
        def ask() -> list[Observation]:
            return self._scored(self._tx.observations.unfinished(self._study, count))

        return once(self._passing, ("unfinished", count), ask)

    def sessions(self, numbers: Sequence[int]) -> Sequence[Observation]:
        def ask() -> list[Observation]:
            return self._scored(self._tx.observations.these(self._study, numbers))

        return once(self._passing, ("sessions", *numbers), ask)

    def places(self) -> Sequence[Member]:
        return once(self._passing, ("places",), lambda: self._tx.members.all(self._study))

    def think(self, key: Key, work: Callable[[], R]) -> R:
        return self._thoughts.of(key, work)

    def _scored(self, observations: Sequence[Observation]) -> list[Observation]:
        """With the fitness before the first step of those that have no parent and measured it."""
        roots = {o.number: o.start_step for o in observations if o.parent is None}
        measured = self._tx.measurements.at_each(self._study, roots) if roots else {}
        return [
            replace(o, start_fitness=self._fitness(measured[o.number])) if o.number in measured else o
            for o in observations
        ]

    def _fitness(self, measured: Measurement) -> float | None:
        if not {metric.name for metric in self._spec.metrics} <= measured.metrics.keys():
            return None
        return algorithms.fitness(self._spec.metrics, measured.metrics)


def once(read: dict[Key, Any], key: Key, ask: Callable[[], R]) -> R:
    if key not in read:
        read[key] = ask()
    answer: R = read[key]
    return answer
