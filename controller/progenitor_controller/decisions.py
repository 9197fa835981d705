"""Decisions that take too long for a transaction are made between two of them.

The first transaction records the reports, logs the call as begun, and says what is to be computed. That is done
in threads, each with a deadline. The next one makes the same decisions again, with the results, and completes
the logged answer. A retry that finds the call begun goes on from there.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Database

from .algorithms.history import Key
from .apart import Apart
from .calls import EarlyStoppingCall, SuggestionCall
from .stop_early import Judged, stop_early, stop_judged
from .suggest import Deciding, suggest
from .thoughts import Thought, Thoughts

DEADLINE = 5.0
"""Seconds for one computation. A worker's attempt at a call lasts 20 s."""
PATIENCE = 10.0
"""Seconds after which a call is answered without what is still to be computed."""
HEARTBEAT_DEADLINE = 1.0
"""Seconds for a stopping rule that is a plug-in, at most a quarter of a lease."""


class Decisions:
    """One for each controller: it knows what is being computed for other calls."""

    def __init__(
        self,
        deadline: float = DEADLINE,
        patience: float = PATIENCE,
        heartbeat_deadline: float = HEARTBEAT_DEADLINE,
    ) -> None:
        self._deadline = deadline
        self._patience = patience
        self._heartbeat_deadline = heartbeat_deadline
        self._apart = Apart()
        self._cores = asyncio.Semaphore(os.cpu_count() or 1)
        self._busy: Counter[tuple[str, int]] = Counter()

    async def suggested(self, database: Database, call: SuggestionCall) -> pb.GetNewSuggestionResponse:
        """Raises what `suggest` raises."""
        thoughts = Thoughts()
        until = asyncio.get_running_loop().time() + self._patience
        while True:
            busy = frozenset(initiator for study, initiator in self._busy if study == call.study)
            told = await database.transact(suggest, Deciding(call, thoughts, busy))
            if not thoughts.asked:
                return told
            thoughts.known.update(await self._thought(call.study, dict(thoughts.asked)))
            thoughts.patient = asyncio.get_running_loop().time() < until

    async def heard(self, database: Database, call: EarlyStoppingCall) -> pb.GetEarlyStoppingTrialsResponse:
        """A heartbeat is recorded before any plug-in is asked. Raises what `stop_early` raises."""
        heard = await database.transact(stop_early, call)
        if not heard.asked:
            return heard.answer
        deadline = min(self._heartbeat_deadline, heard.lease_duration / 4)
        thoughts = await asyncio.gather(
            *(self._apart.thought(call.study, work, deadline) for work in heard.asked.values())
        )
        judged = Judged(call, dict(zip(heard.asked, thoughts, strict=True)))
        return await database.transact(stop_judged, judged) if judged.tells else heard.answer

    async def _thought(self, study: str, asked: Mapping[Key, Callable[[], Any]]) -> dict[Key, Thought]:
        places = [(study, initiator) for initiator in map(initiator_of, asked) if initiator is not None]
        self._busy.update(places)
        try:
            made = await asyncio.gather(*(self._made(study, work) for work in asked.values()))
        finally:
            self._busy.subtract(places)
            self._busy += Counter()  # without those that are no longer counted
        return dict(zip(asked, made, strict=True))

    async def _made(self, study: str, work: Callable[[], Any]) -> Thought:
        async with self._cores:
            return await self._apart.thought(study, work, self._deadline)


def initiator_of(key: Key) -> int | None:
    """Whose child a computation is about; None if it is about no child."""
    match key:
        case ("child", int(initiator), *_):
            return initiator
        case _:
            return None
