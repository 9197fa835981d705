"""Workers on a simulated clock: a step takes each of them a time of its own, and everything else none."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from .problem import Problem, Session, Trained

SCHEDULES: Mapping[str, tuple[float, ...]] = {
    "even": (1.0, 1.0),
    "uneven": (1.0, 2.3),
    "eight": (1.0,) * 8,
}
"""Seconds a step of each worker."""

Task = TypeVar("Task")


class Clock(Generic[Task]):
    """Which worker is free next, and what it has just ended."""

    def __init__(self, speeds: Sequence[float]) -> None:
        self._speeds = speeds
        self._now = 0.0
        self._order = 0
        self._running: list[tuple[float, int, int, Task]] = []

    def begin(self, worker: int, steps: int, task: Task) -> None:
        self._order += 1
        ends = self._now + self._speeds[worker] * steps
        heapq.heappush(self._running, (ends, self._order, worker, task))

    def next_ended(self) -> tuple[int, Task] | None:
        """The worker that is ready first, and its task; of two at the same time the one that began first."""
        if not self._running:
            return None
        self._now, _, worker, task = heapq.heappop(self._running)
        return worker, task


def simulate(
    speeds: Sequence[float], take: Callable[[int, Task | None], Task | None], steps: Callable[[Task], int]
) -> None:
    """Until nobody has anything to do.

    `take(worker, ended)` is told what the worker has ended, if anything, and gives its next task. One that got
    nothing asks again whenever another has ended something.
    """
    clock: Clock[Task] = Clock(speeds)
    idle = list(range(len(speeds)))
    ended: Task | None = None
    while True:
        waiting, idle = idle, []
        for worker in waiting:
            task = take(worker, ended)
            ended = None
            if task is None:
                idle.append(worker)
            else:
                clock.begin(worker, steps(task), task)
        done = clock.next_ended()
        if done is None:
            return
        worker, ended = done
        idle = [worker, *idle]


class Log:
    """The sessions of a study, as they end."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.sessions: list[Session] = []
        self.total = 0

    @property
    def spent(self) -> bool:
        """Whether the study has trained all the steps that it may."""
        return self.total >= self.problem.total_steps

    def add(self, member: int, start: int, end: int, trained: Trained) -> None:
        self.total += end - start
        self.sessions.append(Session(member, start, end, self.total, trained.seen, trained.true))
