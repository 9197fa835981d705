"""Decisions that take too long for a transaction are made between two of them.

The first transaction records the reports, logs the call as begun, and says what is to be computed. That is done
in threads, each with a deadline. The next one makes the same decisions again, with the results, and completes
the logged answer. A retry that finds the call begun goes on from there.
"""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from progenitor.v1 import controller_service_pb2 as pb
from progenitor_storage import Database

from .algorithms.history import Key
from .calls import SuggestionCall
from .suggest import Deciding, suggest
from .thoughts import Thought, Thoughts

DEADLINE = 5.0
"""Seconds for one computation. A worker's attempt at a call lasts 20 s."""
PATIENCE = 10.0
"""Seconds after which a call is answered without what is still to be computed."""


class Decisions:
    """One for each controller: it knows what is being computed for other calls."""

    def __init__(self, deadline: float = DEADLINE, patience: float = PATIENCE) -> None:
        self._deadline = deadline
        self._patience = patience
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

    async def _thought(self, study: str, asked: Mapping[Key, Callable[[], Any]]) -> dict[Key, Thought]:
        places = [(study, initiator) for initiator in map(initiator_of, asked) if initiator is not None]
        self._busy.update(places)
        try:
            made = await asyncio.gather(*(self._made(work) for work in asked.values()))
        finally:
            self._busy.subtract(places)
            self._busy += Counter()  # without those that are no longer counted
        return dict(zip(asked, made, strict=True))

    async def _made(self, work: Callable[[], Any]) -> Thought:
        async with self._cores:
            try:
                return await asyncio.wait_for(in_thread(work), self._deadline)
            except TimeoutError:
                return Thought(error=TimeoutError(f"it took longer than {self._deadline:g} s"))


def initiator_of(key: Key) -> int | None:
    """Whose child a computation is about; None if it is about no child."""
    match key:
        case ("child", int(initiator), *_):
            return initiator
        case _:
            return None


async def in_thread(work: Callable[[], Any]) -> Thought:
    """In a thread of its own that nobody waits for at the end: one that hangs must keep nothing else."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Thought] = loop.create_future()

    def tell(thought: Thought) -> None:
        if not done.done():
            done.set_result(thought)

    def run() -> None:
        try:
            thought = Thought(work())
        except Exception as error:  # noqa: BLE001  the decision raises it again
            thought = Thought(error=error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, thought)

    threading.Thread(target=run, name="progenitor-decision", daemon=True).start()
    return await done
