"""What is to be run: one study for each job, and what is kept of it."""

import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from threadpoolctl import threadpool_limits

from .known_problems import worse_half
from .methods import DEFAULT, METHODS, RAY_PBT
from .problem import Problem, Session
from .problems import PROBLEMS, SIZED, SIZES, STARTED, STARTS, variant
from .simulation import SCHEDULES

CURVE_POINTS = 50
"""At how many parts of a study's steps its figure is kept."""
SLOW_SECONDS = 200.0
"""For all seeds of a problem, where a method is slow; but never fewer than SLOW_SEEDS."""
SLOW_SEEDS = 5
VARIANT_SEEDS = 30
"""For other populations and other beginnings."""
FIRST_SEED = 20_000
"""Beyond those that any default was chosen with."""
SAMPLED = "sampled"


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """`members` None is the problem's own population; `start` is one of STARTS."""

    seed: int
    problem: str
    method: str
    members: int | None = None
    start: str = SAMPLED
    schedule: str = "even"


@dataclass(frozen=True, slots=True)
class Result:
    """`curve` is the figure after 1 / CURVE_POINTS, 2 / CURVE_POINTS, … of the study's steps, None before its first.

    `worse` is the mean last figure of the worse half of the members. `error` says why there is none of these.
    """

    job: Job
    value: float
    worse: float
    curve: tuple[float | None, ...]
    seconds: float
    error: str = ""


def jobs(
    problems: Sequence[str], methods: Sequence[str], most_seeds: int, *, variants: bool
) -> Iterator[Job]:
    """In the order of their seeds, so that a run that is interrupted has a little of everything."""
    yield from sorted(
        [
            Job(seed, problem, method)
            for problem in problems
            for method in methods
            if METHODS[method].suits(PROBLEMS[problem])
            for seed in seeds(min(seeds_of(problem, method), most_seeds))
        ],
        key=lambda job: job.seed,
    )
    if variants:
        yield from sorted(
            sized(problems, methods, most_seeds) + started(problems, methods, most_seeds),
            key=lambda job: job.seed,
        )


def seeds(count: int) -> range:
    return range(FIRST_SEED, FIRST_SEED + count)


def seeds_of(problem: str, method: str) -> int:
    its, seconds = PROBLEMS[problem], METHODS[method].seconds
    affordable = int(SLOW_SECONDS / seconds(its)) if seconds(its) else its.seeds
    return min(its.seeds, METHODS[method].seeds, max(SLOW_SEEDS, affordable))


def sized(problems: Sequence[str], methods: Sequence[str], most_seeds: int) -> list[Job]:
    return [
        Job(seed, problem, method, members)
        for problem in SIZED
        for method in (DEFAULT, RAY_PBT)
        for members in SIZES
        if problem in problems and method in methods and members != PROBLEMS[problem].members
        for seed in seeds(min(VARIANT_SEEDS, most_seeds))
    ]


def started(problems: Sequence[str], methods: Sequence[str], most_seeds: int) -> list[Job]:
    return [
        Job(seed, problem, method, start=start)
        for problem in STARTED
        for method in (DEFAULT, RAY_PBT)
        for start in STARTS
        if problem in problems and method in methods and start != SAMPLED
        for seed in seeds(min(VARIANT_SEEDS, most_seeds))
    ]


def prepare() -> None:
    """Of a process that runs jobs: one core, and nothing said that a benchmark need not hear."""
    threadpool_limits(1)
    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="sklearn")  # PB2's fits seldom converge
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def done(job: Job) -> Result:
    """Runs it. An error is part of the result: the others go on."""
    problem = variant(job.problem, job.members, job.start)
    began = time.process_time()
    try:
        sessions = METHODS[job.method].search(problem, job.seed, SCHEDULES[job.schedule])
    except Exception as error:  # noqa: BLE001 - as said
        return Result(job, 0.0, 0.0, (), time.process_time() - began, f"{type(error).__name__}: {error}")
    seconds = time.process_time() - began
    return Result(job, problem.measure(sessions), worse_half(sessions), curve(problem, sessions), seconds)


def curve(problem: Problem, sessions: Sequence[Session]) -> tuple[float | None, ...]:
    ends = [problem.total_steps * point / CURVE_POINTS for point in range(1, CURVE_POINTS + 1)]
    counts = [sum(session.total <= end for session in sessions) for end in ends]
    return tuple(problem.measure(sessions[:count]) if count else None for count in counts)


def to_json(result: Result) -> dict[str, Any]:
    return asdict(result)


def from_json(stored: dict[str, Any]) -> Result:
    return Result(**{**stored, "job": Job(**stored["job"]), "curve": tuple(stored["curve"])})
