"""The other side of a worker's calls: hands out the trials that it was given and keeps what it hears."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1.controller_service_pb2_grpc import (
    ControllerServiceServicer,
    add_ControllerServiceServicer_to_server,
)

STUDY = "studies/s"
Heartbeat = Callable[[pb.GetEarlyStoppingTrialsRequest], pb.GetEarlyStoppingTrialsResponse]


def trial(number: int = 1, *, end_step: int = 4, lease: int = 60) -> trial_pb2.Trial:
    handed = trial_pb2.Trial(
        name=f"{STUDY}/trials/{number}",
        study_uid="uid",
        state=trial_pb2.TRIAL_STATE_RUNNING,
        seed=number,
        end_step=end_step,
    )
    handed.parameters["lr"].double_value = 0.5
    handed.lease.epoch = 1
    handed.lease.remaining.seconds = lease
    return handed


def goes_on(_: pb.GetEarlyStoppingTrialsRequest) -> pb.GetEarlyStoppingTrialsResponse:
    answer = pb.GetEarlyStoppingTrialsResponse(study_state=study_pb2.STUDY_STATE_ACTIVE)
    answer.lease_remaining.seconds = 60
    return answer


def stops(request: pb.GetEarlyStoppingTrialsRequest) -> pb.GetEarlyStoppingTrialsResponse:
    return pb.GetEarlyStoppingTrialsResponse(trials=[report.trial for report in request.trials])


def takes_away(request: pb.GetEarlyStoppingTrialsRequest) -> pb.GetEarlyStoppingTrialsResponse:
    return pb.GetEarlyStoppingTrialsResponse(lost_trials=[report.trial for report in request.trials])


@dataclass
class OtherSide(ControllerServiceServicer):
    """A trial is handed out for each that is asked for; when there are none the study is completed.

    `refuses` gives a message for a report that is refused.
    """

    trials: list[trial_pb2.Trial]
    heartbeat: Heartbeat = goes_on
    refuses: Callable[[trial_pb2.TrialReport], str | None] = lambda _: None
    heard: list[pb.GetNewSuggestionRequest] = field(default_factory=list)
    beats: list[pb.GetEarlyStoppingTrialsRequest] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def GetNewSuggestion(  # noqa: N802  the contract's name
        self, request: pb.GetNewSuggestionRequest, context: grpc.ServicerContext
    ) -> pb.GetNewSuggestionResponse:
        self._check(request.trials, context)
        with self.changed:
            self.heard.append(request)
            handed = [self.trials.pop(0) for _ in range(min(request.k, len(self.trials)))]
        ended = study_pb2.STUDY_STATE_ACTIVE if handed else study_pb2.STUDY_STATE_COMPLETED
        return pb.GetNewSuggestionResponse(trials=handed, study_state=ended)

    def GetEarlyStoppingTrials(  # noqa: N802  the contract's name
        self, request: pb.GetEarlyStoppingTrialsRequest, context: grpc.ServicerContext
    ) -> pb.GetEarlyStoppingTrialsResponse:
        self._check(request.trials, context)
        with self.changed:
            self.beats.append(request)
            self.changed.notify_all()
        return self.heartbeat(request)

    def _check(self, reports: Iterable[trial_pb2.TrialReport], context: grpc.ServicerContext) -> None:
        for report in reports:
            if (message := self.refuses(report)) is not None:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)

    @property
    def reports(self) -> list[trial_pb2.TrialReport]:
        """Those with outcomes, in order."""
        return [report for request in self.heard for report in request.trials]

    @property
    def measured(self) -> list[trial_pb2.Measurement]:
        """All that was told, in order of the calls that told it."""
        told = [report for request in self.beats for report in request.trials] + self.reports
        return [measurement for report in told for measurement in report.measurements]


@contextmanager
def serving(other: OtherSide, port: int = 0) -> Iterator[str]:
    """Gives its address."""
    server = grpc.server(ThreadPoolExecutor(4))
    add_ControllerServiceServicer_to_server(other, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield f"127.0.0.1:{bound}"
    finally:
        server.stop(None).wait()
