"""Computations that may take long, or never end, in threads of their own."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .thoughts import Thought

MOST_LATE = 4
"""Computations of one study that have missed their deadlines and are still under way, beyond which no more begin."""


class Apart:
    """Nobody waits for such a thread at the end: one that hangs must keep nothing else."""

    def __init__(self) -> None:
        self._late: Counter[str] = Counter()

    async def thought(self, study: str, work: Callable[[], Any], deadline: float) -> Thought:
        """What `work` gives or raises, within `deadline` seconds; else a TimeoutError."""
        if self._late[study] >= MOST_LATE:
            return Thought(error=TimeoutError(f"{MOST_LATE} earlier ones of this study have not come back"))
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Thought] = loop.create_future()

        def tell(thought: Thought) -> None:
            if done.done():
                self._late[study] -= 1
            else:
                done.set_result(thought)

        def run() -> None:
            thought = made(work)
            with suppress(RuntimeError):  # the controller has ended
                loop.call_soon_threadsafe(tell, thought)

        threading.Thread(target=run, name="progenitor-decision", daemon=True).start()
        try:
            return await asyncio.wait_for(done, deadline)
        except TimeoutError:
            return Thought(error=TimeoutError(f"it took longer than {deadline:g} s"))
        finally:
            if done.cancelled():
                self._late[study] += 1


def made(work: Callable[[], Any]) -> Thought:
    try:
        return Thought(work())
    except Exception as error:  # noqa: BLE001  the decision raises it again
        return Thought(error=error)
    except BaseException as error:  # noqa: BLE001  sys.exit of a plug-in ends no controller, and is no result
        return Thought(error=RuntimeError(f"it raised {type(error).__name__}"))
