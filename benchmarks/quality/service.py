"""A study as a user would create it, its calls made of the contract's messages on a database in memory."""

import itertools
import logging
import sqlite3
import tempfile
from asyncio import run
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from progenitor.v1 import controller_service_pb2, study_pb2, study_service_pb2, trial_pb2
from progenitor_controller import algorithms, studies
from progenitor_controller.calls import SuggestionCall
from progenitor_controller.suggest import Deciding, suggest
from progenitor_controller.thoughts import Thought, Thoughts
from progenitor_controller.wire import check_study
from progenitor_controller.wire.calls import suggestion_call
from progenitor_controller.wire.decode import effective
from progenitor_controller.wire.defaults import spelled_out
from progenitor_controller.wire.values import parameters_from_wire, parameters_to_wire
from progenitor_storage import Database, Transaction
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
)

from .problem import Problem, Session, Weights
from .simulation import Log, simulate

STUDY = "s"
DAY = 86400
"""Seconds of a lease: simulated workers are never lost."""

SCALES = {Scale.LINEAR: study_pb2.SCALE_LINEAR, Scale.LOG: study_pb2.SCALE_LOG}


# The specification.


def specification(problem: Problem, seed: int, algorithm: study_pb2.StudySpec) -> study_pb2.StudySpec:
    """`algorithm` says how to search, and nothing else."""
    spec = study_pb2.StudySpec(
        parameters=[parameter_to_wire(parameter) for parameter in problem.parameters],
        metrics=[study_pb2.MetricSpec(name=name, goal=study_pb2.GOAL_MAXIMIZE) for name in problem.metrics],
        steps_per_trial=problem.steps_per_trial,
        budget=study_pb2.Budget(max_steps=problem.max_steps, max_total_steps=problem.total_steps),
        seed=seed,
        initial_population=[
            study_pb2.InitialMember(parameters=parameters_to_wire(member.parameters))
            for member in problem.initial_population
        ],
    )
    spec.lease_duration.seconds = DAY
    spec.MergeFrom(algorithm)
    if not spec.HasField("population_based_training"):
        for metric in spec.metrics:
            metric.weight = 1.0  # a search adds them up, and wants to be told so
    return spec


def parameter_to_wire(parameter: ParameterSpec) -> study_pb2.ParameterSpec:
    wire = study_pb2.ParameterSpec(name=parameter.name, immutable=parameter.immutable)
    match parameter.domain:
        case DoubleDomain(low, high, scale):
            wire.double_domain.CopyFrom(study_pb2.DoubleDomain(min=low, max=high, scale=SCALES[scale]))
        case IntegerDomain(low, high, scale):
            wire.integer_domain.CopyFrom(study_pb2.IntegerDomain(min=low, max=high, scale=SCALES[scale]))
        case DiscreteDomain(values):
            wire.discrete_domain.values.extend(values)
        case CategoricalDomain(names):
            wire.categorical_domain.values.extend(names)
    return wire


def initial_values(problem: Problem, seed: int) -> list[Parameters]:
    """What the members of a study begin with, whatever its algorithm."""
    plain = study_pb2.StudySpec(random_search=study_pb2.RandomSearch(configurations=problem.members))
    spec = effective(spelled_out(specification(problem, seed, plain), seed).SerializeToString())
    return [algorithms.initial(spec, member).parameters for member in range(problem.members)]


# The database.


@cache
def empty_database() -> sqlite3.Connection:
    """In memory, with this release's tables."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        run(created(f"sqlite:///{path}"))
        with sqlite3.connect(path) as file:
            file.backup(memory)
        file.close()
    return memory


async def created(url: str) -> None:
    database = await Database.open(url)
    await database.close()


def new_database() -> Connection:
    """In memory, gone when it is closed."""
    memory = sqlite3.connect(":memory:", isolation_level=None)
    empty_database().backup(memory)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine.connect()


def answered(connection: Connection, call: SuggestionCall) -> controller_service_pb2.GetNewSuggestionResponse:
    """One GetNewSuggestion, as the service answers it; what is slow to compute is waited for, however long it takes.

    Raises what a computation raises: the service would go on without it, which is not what is measured here.
    """
    thoughts = Thoughts()
    while True:
        with connection.begin():
            transaction = Transaction(connection)
            response = suggest(transaction, Deciding(call, thoughts))
            transaction.finish()
        if not thoughts.asked:
            return response
        thoughts.known.update({key: Thought(work()) for key, work in thoughts.asked.items()})


class Raised(logging.Handler):
    """What the controller logs of decisions that raised: it goes on without them, a benchmark must not."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


# The workers.


class Service:
    """A study, its workers and what they have saved."""

    def __init__(self, problem: Problem, seed: int, algorithm: study_pb2.StudySpec, workers: int) -> None:
        self._log = Log(problem)
        self._connection = new_database()
        self._sequences = [itertools.count(1) for _ in range(workers)]
        self._weights: dict[str, Weights] = {"": problem.weights}
        self._create(specification(problem, seed, algorithm))

    @property
    def sessions(self) -> Sequence[Session]:
        return self._log.sessions

    def close(self) -> None:
        self._connection.close()
        self._connection.engine.dispose()

    def take(self, worker: int, ended: trial_pb2.Trial | None) -> trial_pb2.Trial | None:
        """Reports the trial that the worker has ended, and asks for another."""
        request = controller_service_pb2.GetNewSuggestionRequest(
            study=f"studies/{STUDY}",
            trials=[] if ended is None else [self._trained(ended)],
            k=1,
            worker=trial_pb2.Worker(id=f"worker-{worker}", incarnation=1),
            sequence=next(self._sequences[worker]),
        )
        trials = answered(self._connection, suggestion_call(request)).trials
        return trials[0] if trials else None

    def _create(self, spec: study_pb2.StudySpec) -> None:
        request = study_service_pb2.CreateStudyRequest(study_id=STUDY, spec=spec)
        with self._connection.begin():
            transaction = Transaction(self._connection)
            studies.create(transaction, check_study.creation(request, drawn_seed=0))
            transaction.finish()

    def _trained(self, trial: trial_pb2.Trial) -> trial_pb2.TrialReport:
        problem = self._log.problem
        trained = problem.train(
            self._weights[trial.warm_start.uri],
            parameters_from_wire(trial.parameters),
            trial.start_step,
            trial.end_step,
            np.random.default_rng(trial.seed),
        )
        self._log.add(trial.member, trial.start_step, trial.end_step, trained)
        uri = trial.name.rpartition("/")[2]
        self._weights[uri] = trained.weights
        return report(trial, uri, dict(zip(problem.metrics, trained.seen, strict=True)))


def report(trial: trial_pb2.Trial, uri: str, metrics: Mapping[str, float]) -> trial_pb2.TrialReport:
    return trial_pb2.TrialReport(
        trial=trial.name,
        epoch=trial.lease.epoch,
        step=trial.end_step,
        measurements=[trial_pb2.Measurement(step=trial.end_step, metrics=metrics)],
        checkpoints=[
            trial_pb2.Checkpoint(
                uri=uri,
                step=trial.end_step,
                size_bytes=1,
                digest=f"sha256:{sha256(uri.encode()).hexdigest()}",
            )
        ],
        outcome=trial_pb2.OUTCOME_COMPLETED,
    )


def search(
    problem: Problem, seed: int, algorithm: study_pb2.StudySpec, speeds: Sequence[float]
) -> Sequence[Session]:
    """A whole study. Raises InvalidRequest for an algorithm that the controller refuses, RuntimeError if a decision
    raised.
    """
    raised, log = Raised(), logging.getLogger("progenitor_controller")
    log.addHandler(raised)
    service = Service(problem, seed, algorithm, len(speeds))
    try:
        simulate(speeds, service.take, lambda trial: trial.end_step - trial.start_step)
    finally:
        service.close()
        log.removeHandler(raised)
    if raised.messages:
        raise RuntimeError(raised.messages[0])
    return service.sessions
