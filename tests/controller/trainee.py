"""A worker reduced to its calls: it trains nothing, but keeps the rules of the contract."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import hashlib
import itertools
from collections.abc import Callable, Sequence

import grpc

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import study_pb2, study_service_pb2, trial_pb2
from progenitor.v1.controller_service_pb2_grpc import ControllerServiceStub
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

Fitness = Callable[[trial_pb2.Trial], float]


def checkpoint(trial: trial_pb2.Trial, step: int) -> trial_pb2.Checkpoint:
    """As a store would register it, of contents that follow from trial, epoch and step."""
    uri = f"{trial.study_uid}/{trial.name.rpartition('/')[2]}/{trial.lease.epoch}/{step}"
    digest = f"sha256:{hashlib.sha256(uri.encode()).hexdigest()}"
    return trial_pb2.Checkpoint(uri=uri, step=step, size_bytes=len(uri), digest=digest)


def measurement(step: int, **metrics: float) -> trial_pb2.Measurement:
    return trial_pb2.Measurement(step=step, metrics=metrics)


def report(
    trial: trial_pb2.Trial,
    outcome: trial_pb2.Outcome.ValueType = trial_pb2.OUTCOME_UNSPECIFIED,
    *,
    step: int = 0,
    measurements: Sequence[trial_pb2.Measurement] = (),
    checkpoints: Sequence[trial_pb2.Checkpoint] = (),
    failure_message: str = "",
) -> trial_pb2.TrialReport:
    return trial_pb2.TrialReport(
        trial=trial.name,
        epoch=trial.lease.epoch,
        step=step,
        measurements=measurements,
        checkpoints=checkpoints,
        outcome=outcome,
        failure_message=failure_message,
    )


def completed(trial: trial_pb2.Trial, **metrics: float) -> trial_pb2.TrialReport:
    return report(
        trial,
        trial_pb2.OUTCOME_COMPLETED,
        step=trial.end_step,
        measurements=[measurement(trial.end_step, **metrics)],
        checkpoints=[checkpoint(trial, trial.end_step)],
    )


class Trainee:
    """Each instance is one process under `name`: another one under the same name is a restart."""

    _incarnations = itertools.count(1)

    def __init__(self, channel: grpc.Channel, study: str, name: str = "worker-0") -> None:
        self.stub = ControllerServiceStub(channel)
        self.study = study
        self.worker = trial_pb2.Worker(id=name, host="here", incarnation=next(self._incarnations))
        self.sequence = 0

    def request(self, *reports: trial_pb2.TrialReport, k: int = 1) -> pb.GetNewSuggestionRequest:
        self.sequence += 1
        return pb.GetNewSuggestionRequest(
            study=self.study, trials=reports, k=k, worker=self.worker, sequence=self.sequence
        )

    def suggest(self, *reports: trial_pb2.TrialReport, k: int = 1) -> pb.GetNewSuggestionResponse:
        return self.stub.GetNewSuggestion(self.request(*reports, k=k))

    def take(self, *reports: trial_pb2.TrialReport) -> trial_pb2.Trial:
        """The one trial that is handed out."""
        answer = self.suggest(*reports)
        assert len(answer.trials) == 1, answer
        return answer.trials[0]

    def heartbeat(self, *reports: trial_pb2.TrialReport) -> pb.GetEarlyStoppingTrialsResponse:
        return self.stub.GetEarlyStoppingTrials(
            pb.GetEarlyStoppingTrialsRequest(study=self.study, trials=reports, worker=self.worker)
        )

    def train(self, fitness: Fitness, metric: str = "score", most: int = 100_000) -> int:
        """Trains whatever it gets until nothing is handed out; how many trials it completed."""
        return self._train([], fitness, metric, most)

    def train_on(self, trial: trial_pb2.Trial, fitness: Fitness, metric: str = "score") -> int:
        """As `train`, with this trial first, which it holds; how many more it completed."""
        return self._train([completed(trial, **{metric: fitness(trial)})], fitness, metric, 100_000)

    def _train(self, reports: list[trial_pb2.TrialReport], fitness: Fitness, metric: str, most: int) -> int:
        for done in range(most):
            answer = self.suggest(*reports)
            if not answer.trials:
                return done
            trial = answer.trials[0]
            reports = [completed(trial, **{metric: fitness(trial)})]
        return most


def minimal_spec(**changes: object) -> study_pb2.StudySpec:
    """Four members, two sessions of ten steps each, one learning rate, one metric."""
    spec = study_pb2.StudySpec(
        parameters=[
            study_pb2.ParameterSpec(
                name="lr",
                double_domain=study_pb2.DoubleDomain(min=1e-4, max=1.0, scale=study_pb2.SCALE_LOG),
            )
        ],
        metrics=[study_pb2.MetricSpec(name="score", goal=study_pb2.GOAL_MAXIMIZE)],
        steps_per_trial=10,
        budget=study_pb2.Budget(max_steps=20),
        seed=1,
        population_based_training=study_pb2.PopulationBasedTraining(population_size=4),
    )
    for name, value in changes.items():
        if isinstance(value, (int, float)):
            setattr(spec, name, value)
        else:
            spec.ClearField(name)  # type: ignore[arg-type]  # the callers name fields of the message
            spec.MergeFrom(study_pb2.StudySpec(**{name: value}))  # type: ignore[arg-type]  # likewise
    return spec


def create(
    channel: grpc.Channel, spec: study_pb2.StudySpec | None = None, study_id: str = "s"
) -> study_pb2.Study:
    request = study_service_pb2.CreateStudyRequest(study_id=study_id, spec=spec or minimal_spec())
    return StudyServiceStub(channel).CreateStudy(request).study


def by_learning_rate(trial: trial_pb2.Trial) -> float:
    """Greater learning rates are fitter, and more training is."""
    return trial.parameters["lr"].double_value + trial.end_step
