"""What a decision may read: each through an index, never all trials of a long study."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from progenitor_storage.model.spec import Parameters
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Candidate, Observation, Trial

from .custom.interfaces import PlugIns

R = TypeVar("R")
Key = tuple[object, ...]
"""Names a computation: ("child", number of the initiator, …) or ("begin", member, …)."""


class History(Protocol):
    """The stored trials of one study. Within one decision the same question has the same answer."""

    @property
    def plug_ins(self) -> PlugIns:
        """Those installed where the decision is made. They are for `think`: their code may be slow."""

    def trial(self, number: int) -> Trial:
        """All of one trial."""

    def at(self, member: int, generation: int) -> Trial:
        """All of the trial of this place and generation, of which there is one."""

    def usable_in(self, first: int, last: int) -> Sequence[Candidate]:
        """The usable trials of these generations, both inclusive; in any order."""

    def newest_usable(self) -> Sequence[Candidate]:
        """The newest usable trial of each member that has one; in any order."""

    def standing_at(self, generation: int) -> Sequence[Candidate]:
        """Of each member with a usable trial one: that of `generation`, if it has gone beyond and has one there, else
        its newest; by member.
        """

    def metrics(self, numbers: Sequence[int]) -> Mapping[int, Mapping[str, float]]:
        """What these trials measured at their end steps."""

    def parameters(self, numbers: Sequence[int]) -> Mapping[int, Parameters]:
        """What these trials were trained with."""

    def interrupted(self) -> frozenset[int]:
        """Numbers of the trials that a limit has stopped."""

    def lineage(self, number: int, count: int) -> Sequence[Trial]:
        """The trial and its nearest ancestors, `count` in all; oldest first."""

    def observations(self, count: int) -> Sequence[Observation]:
        """Of the completed trials with a finite fitness the newest `count`; by number."""

    def observations_among(self, members: range, last: int, count: int) -> Sequence[Observation]:
        """As `observations`, of these members and of generations up to `last`."""

    def unfinished(self, count: int) -> Sequence[Observation]:
        """The newest `count` trials that are not final; by number."""

    def sessions(self, numbers: Sequence[int]) -> Sequence[Observation]:
        """These trials, whatever became of them; by number."""

    def places(self) -> Sequence[Member]:
        """Where each member is; by member."""

    def think(self, key: Key, work: Callable[[], R]) -> R:
        """What `work` gives: a computation on plain records that is too slow for a transaction.

        It may be made between two transactions: then the decision is left by an exception that is not to be
        caught, and made again, with the same `key`, once the result is there. Raises what `work` raises.
        """
