"""Calls to a controller, each refusal as one clear message."""

from __future__ import annotations  # enums have a ValueType for type checkers only

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

from .errors import CallRefused, CliError, ControllerUnreachable

TIMEOUT = 20.0
"""Seconds that a call may take."""
PAGE = 1000

Stream = Any
"""An iterator of WatchTrialsResponse that can be cancelled; grpc has no type of it."""
Request_contra = TypeVar("Request_contra", contravariant=True)
Response_co = TypeVar("Response_co", covariant=True)
Request = TypeVar("Request")
Response = TypeVar("Response")


class Method(Protocol[Request_contra, Response_co]):
    def __call__(self, request: Request_contra, /, timeout: float | None = None) -> Response_co: ...


class Client:
    """What the commands ask of the controllers at `addresses`, of which the first that answers is asked.

    Every method raises ControllerUnreachable or CallRefused.
    """

    def __init__(self, *addresses: str) -> None:
        self.address = addresses[0]
        self._channel = first_reachable(addresses)
        self._studies = StudyServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._channel.close()

    def create_study(
        self, study_id: str, spec: study_pb2.StudySpec, labels: dict[str, str]
    ) -> study_pb2.Study:
        request = pb.CreateStudyRequest(study_id=study_id, spec=spec, labels=labels)
        return self._call(self._studies.CreateStudy, request).study

    def study(self, name: str) -> study_pb2.Study:
        return self._call(self._studies.GetStudy, pb.GetStudyRequest(name=name)).study

    def studies(self) -> list[study_pb2.Study]:
        found: list[study_pb2.Study] = []
        token = ""
        while True:
            page = self._call(
                self._studies.ListStudies, pb.ListStudiesRequest(page_size=PAGE, page_token=token)
            )
            found += page.studies
            if not (token := page.next_page_token):
                return found

    def set_budget(self, name: str, budget: study_pb2.Budget) -> study_pb2.Study:
        study = study_pb2.Study(name=name, spec=study_pb2.StudySpec(budget=budget))
        request = pb.UpdateStudyRequest(study=study)
        request.update_mask.paths.append("spec.budget")
        return self._call(self._studies.UpdateStudy, request).study

    def resume_study(self, name: str) -> study_pb2.Study:
        return self._call(self._studies.ResumeStudy, pb.ResumeStudyRequest(name=name)).study

    def status(self, name: str) -> pb.GetStudyStatusResponse:
        return self._call(self._studies.GetStudyStatus, pb.GetStudyStatusRequest(name=name))

    def population(self, study: str) -> list[trial_pb2.Trial]:
        """The newest trial of each member, by member."""
        found: list[trial_pb2.Trial] = []
        token = ""
        while True:
            request = pb.ListPopulationRequest(study=study, page_size=PAGE, page_token=token)
            page = self._call(self._studies.ListPopulation, request)
            found += page.trials
            if not (token := page.next_page_token):
                return found

    def trials(
        self, study: str, states: Sequence[trial_pb2.TrialState.ValueType]
    ) -> Iterator[trial_pb2.Trial]:
        """By number, those in `states` (empty: all); reads a page at a time."""
        token = ""
        while True:
            request = pb.ListTrialsRequest(study=study, states=states, page_size=PAGE, page_token=token)
            page = self._call(self._studies.ListTrials, request)
            yield from page.trials
            if not (token := page.next_page_token):
                return

    def lineage(self, trial: str) -> list[trial_pb2.Trial]:
        """The trials whose sessions trained this trial's weights, oldest first, itself last."""
        found: list[trial_pb2.Trial] = []
        token = ""
        while True:
            request = pb.ListLineageRequest(trial=trial, page_size=PAGE, page_token=token)
            page = self._call(self._studies.ListLineage, request)
            found += page.trials
            if not (token := page.next_page_token):
                return found

    def watch(self, study: str, token: str) -> Stream:
        """Raises grpc.RpcError while it is read, as any stream does."""
        return self._studies.WatchTrials(pb.WatchTrialsRequest(study=study, resume_token=token))

    def _call(self, method: Method[Request, Response], request: Request) -> Response:
        try:
            return method(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            raise told(error, self.address) from error


def first_reachable(addresses: tuple[str, ...]) -> grpc.Channel:
    """A channel to the first address that answers, else to the first, whose calls then say what is wrong."""
    if len(addresses) > 1:
        for address in addresses:
            channel = grpc.insecure_channel(address)
            try:
                grpc.channel_ready_future(channel).result(timeout=2.0)
            except grpc.FutureTimeoutError:
                channel.close()
                continue
            return channel
    return grpc.insecure_channel(addresses[0])


def told(error: grpc.RpcError, address: str) -> CliError:
    """The one message that a failed call is shown as."""
    call: Any = error  # what a stub raises is a grpc.Call too, which its type does not say
    code, details = call.code(), call.details() or ""
    if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        return ControllerUnreachable(address, details)
    reason, violations = "", []
    status = rpc_status.from_call(call)
    for packed in status.details if status is not None else ():
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if packed.Unpack(info):
            reason = info.reason
        elif packed.Unpack(request):
            violations = [f"  {named.field}: {named.description}" for named in request.field_violations]
    heading = details.partition(": ")[0] + ":" if violations else details
    return CallRefused("\n".join([heading, *violations]), code=code.name, reason=reason)
