"""What is compared. Each has the defaults that it comes with; nothing is tuned for a problem."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import DoubleDomain, Scale

from .problem import Problem, Session
from .service import search

Searcher = Callable[[Problem, int, Sequence[float]], Sequence[Session]]
"""Runs a study of a problem with a seed, by workers of these speeds in seconds a step."""


@dataclass(frozen=True, slots=True)
class Method:
    title: str
    search: Searcher
    suits: Callable[[Problem], bool] = lambda _: True
    seconds: Callable[[Problem], float] = lambda _: 0.0
    """What a study costs, if that is much: then there are fewer seeds."""
    seeds: int = 1000
    """At most so many: what the default is not held against needs no fine comparison."""


def of_service(title: str, algorithm: Callable[[Problem], pb.StudySpec], **options: object) -> Method:
    def searcher(problem: Problem, seed: int, speeds: Sequence[float]) -> Sequence[Session]:
        return search(problem, seed, algorithm(problem), speeds)

    return Method(title, searcher, **options)  # type: ignore[arg-type]  # fields of Method


def population(problem: Problem, **fields: object) -> pb.StudySpec:
    training = pb.PopulationBasedTraining(population_size=problem.members, **fields)  # type: ignore[arg-type]  # its fields
    return pb.StudySpec(population_based_training=training)


FACTORS = pb.Factors(values=[0.8, 1.2])
MUTATION = pb.Mutation(factors=FACTORS, resample_probability=0.25)
"""As in the paper of 2017, and in Ray Tune."""


def random(problem: Problem) -> pb.StudySpec:
    return pb.StudySpec(random_search=pb.RandomSearch(configurations=problem.members))


def pbt_2017(problem: Problem) -> pb.StudySpec:
    return population(
        problem,
        fitness=pb.FITNESS_WEIGHTED,
        truncation=pb.TruncationSelection(fraction=0.2),
        mutation=MUTATION,
        exploration_scope=pb.EXPLORATION_SCOPE_COPIES_ONLY,
    )


def pbt_2019(problem: Problem) -> pb.StudySpec:
    return population(
        problem,
        fitness=pb.FITNESS_WEIGHTED,
        initiator=pb.InitiatorSelection(opponent_generations=1),
        mutation=pb.Mutation(factors=FACTORS),
        exploration_scope=pb.EXPLORATION_SCOPE_EVERY_CHILD,
    )


def gaussian_process(problem: Problem) -> pb.StudySpec:
    """A gain is one number: several metrics are added up."""
    fitness = pb.FITNESS_WEIGHTED
    return population(problem, fitness=fitness, gaussian_process=pb.GaussianProcessExploration())


MIGRATION = 5
"""Generations between migrations; the sessions of the slower half are as many times longer."""


def sub_populations(problem: Problem) -> pb.StudySpec:
    """Two halves, one with longer sessions, whose selection is patient (Doulazmi et al. 2025)."""
    half = problem.members // 2
    longer = min(MIGRATION * problem.steps_per_trial, problem.max_steps)
    return population(
        problem,
        sub_populations=[
            pb.SubPopulation(size=problem.members - half, steps_per_trial=problem.steps_per_trial),
            pb.SubPopulation(size=half, steps_per_trial=longer),
        ],
        migration_interval=MIGRATION,
    )


def weighted(problem: Problem) -> pb.StudySpec:
    return population(problem, fitness=pb.FITNESS_WEIGHTED)


def of_ray(function: str) -> Searcher:
    """Ray is imported only where one of its schedulers is asked: it is not in the lock."""

    def searcher(problem: Problem, seed: int, speeds: Sequence[float]) -> Sequence[Session]:
        from . import ray_tune  # noqa: PLC0415 - as said

        found: Searcher = getattr(ray_tune, function)
        return found(problem, seed, speeds)

    return searcher


def several_metrics(problem: Problem) -> bool:
    return len(problem.metrics) > 1


def several_members(problem: Problem) -> bool:
    """Enough for two sub-populations that can select within themselves."""
    return problem.members >= 4


def pb2_seconds(problem: Problem) -> float:
    """Each decision fits a model to all sessions. Measured: 6 s of 160 sessions, 45 s of 320, 3 to 6 min of 480."""
    return 1.5e-6 * problem.sessions**3


PB2_SESSIONS = 500
PB2_LOG_SESSIONS = 250
"""So that the dearest is not run twice."""


def pb2_suits(problem: Problem) -> bool:
    """It searches no categories, and takes an hour or more for one study of a thousand sessions."""
    domains = [parameter.domain for parameter in problem.parameters]
    return all(isinstance(d, DoubleDomain) for d in domains) and problem.sessions <= PB2_SESSIONS


def pb2_log_suits(problem: Problem) -> bool:
    """Where it would differ from PB2 as it comes."""
    scales = [p.domain.scale for p in problem.parameters if isinstance(p.domain, DoubleDomain)]
    return pb2_suits(problem) and Scale.LOG in scales and problem.sessions <= PB2_LOG_SESSIONS


def gaussian_process_seconds(problem: Problem) -> float:
    """Measured where there are 480 sessions."""
    return 0.008 * problem.sessions


RANDOM, DEFAULT, RAY_PBT, RAY_PB2 = "random", "default", "ray-pbt", "ray-pb2"

BESIDE = 50
METHODS: Mapping[str, Method] = {
    RANDOM: of_service("random search", random, seeds=BESIDE),
    DEFAULT: of_service("default", population),
    "pbt-2017": of_service("PBT 2017", pbt_2017),
    "pbt-2019": of_service("PBT 2019", pbt_2019, seeds=BESIDE),
    "gp": of_service("GP exploration", gaussian_process, seconds=gaussian_process_seconds, seeds=BESIDE),
    "sub-populations": of_service("sub-populations", sub_populations, suits=several_members, seeds=BESIDE),
    "weighted": of_service("default, metrics added up", weighted, suits=several_metrics, seeds=BESIDE),
    RAY_PBT: Method("Ray PBT", of_ray("pbt")),
    RAY_PB2: Method("Ray PB2", of_ray("pb2"), suits=pb2_suits, seconds=pb2_seconds),
    "ray-pb2-log": Method(
        "Ray PB2, logarithms", of_ray("pb2_of_logarithms"), suits=pb2_log_suits, seconds=pb2_seconds
    ),
}
