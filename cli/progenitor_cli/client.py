"""Calls to a controller, each refusal as one clear message."""

from __future__ import annotations  # enums have a ValueType for type checkers only

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_worker.controller import options_for

from .errors import CallRefused, CliError, ControllerUnreachable

TIMEOUT = 20.0
"""Seconds that a call may take."""
PATIENCE = 5.0
"""Seconds after which another controller is asked, if there is one."""
PAGE = 1000
NOBODY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""How a call ends that no controller has answered: it may be made again, as each call is safe to repeat."""

Stream = Any
"""An iterator of WatchTrialsResponse that can be cancelled; grpc has no type of it."""
Request_contra = TypeVar("Request_contra", contravariant=True)
Response_co = TypeVar("Response_co", covariant=True)
Request = TypeVar("Request")
Response = TypeVar("Response")


class Method(Protocol[Request_contra, Response_co]):
    def __call__(self, request: Request_contra, /, timeout: float | None = None) -> Response_co: ...


class Client:
    """What the commands ask of the controllers at `addresses`: of one as long as it answers, then of the next.

    Every method raises ControllerUnreachable or CallRefused. One thread calls them; another one may `watch`.
    """

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self._at = 0
        self._channel = self._opened()
        self._studies = StudyServiceStub(self._channel)

    @property
    def address(self) -> str:
        """Of the controller that is asked now."""
        return self._addresses[self._at]

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
        return self._call(lambda studies: studies.CreateStudy, request).study

    def study(self, name: str) -> study_pb2.Study:
        return self._call(lambda studies: studies.GetStudy, pb.GetStudyRequest(name=name)).study

    def studies(self) -> list[study_pb2.Study]:
        found: list[study_pb2.Study] = []
        token = ""
        while True:
            page = self._call(
                lambda studies: studies.ListStudies, pb.ListStudiesRequest(page_size=PAGE, page_token=token)
            )
            found += page.studies
            if not (token := page.next_page_token):
                return found

    def set_budget(self, name: str, budget: study_pb2.Budget) -> study_pb2.Study:
        study = study_pb2.Study(name=name, spec=study_pb2.StudySpec(budget=budget))
        request = pb.UpdateStudyRequest(study=study)
        request.update_mask.paths.append("spec.budget")
        return self._call(lambda studies: studies.UpdateStudy, request).study

    def resume_study(self, name: str) -> study_pb2.Study:
        return self._call(lambda studies: studies.ResumeStudy, pb.ResumeStudyRequest(name=name)).study

    def status(self, name: str, timeout: float = TIMEOUT) -> pb.GetStudyStatusResponse:
        request = pb.GetStudyStatusRequest(name=name)
        return self._call(lambda studies: studies.GetStudyStatus, request, timeout)

    def population(self, study: str) -> list[trial_pb2.Trial]:
        """The newest trial of each member, by member."""
        found: list[trial_pb2.Trial] = []
        token = ""
        while True:
            request = pb.ListPopulationRequest(study=study, page_size=PAGE, page_token=token)
            page = self._call(lambda studies: studies.ListPopulation, request)
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
            page = self._call(lambda studies: studies.ListTrials, request)
            yield from page.trials
            if not (token := page.next_page_token):
                return

    def lineage(self, trial: str) -> list[trial_pb2.Trial]:
        """The trials whose sessions trained this trial's weights, oldest first, itself last."""
        found: list[trial_pb2.Trial] = []
        token = ""
        while True:
            request = pb.ListLineageRequest(trial=trial, page_size=PAGE, page_token=token)
            page = self._call(lambda studies: studies.ListLineage, request)
            found += page.trials
            if not (token := page.next_page_token):
                return found

    def watch(self, study: str, token: str) -> Stream:
        """Raises grpc.RpcError while it is read, as any stream does."""
        return self._studies.WatchTrials(pb.WatchTrialsRequest(study=study, resume_token=token))

    def _call(
        self,
        method: Callable[[StudyServiceStub], Method[Request, Response]],
        request: Request,
        timeout: float = TIMEOUT,
    ) -> Response:
        for _ in self._addresses[1:]:
            try:
                return method(self._studies)(request, timeout=min(timeout, PATIENCE))
            except grpc.RpcError as error:
                if error.code() not in NOBODY:
                    raise told(error, self.address) from error
                self._move_on()
        try:
            return method(self._studies)(request, timeout=timeout)
        except grpc.RpcError as error:
            raise told(error, ", ".join(self._addresses)) from error

    def _move_on(self) -> None:
        """To the next address, with a channel of its own."""
        self._at = (self._at + 1) % len(self._addresses)
        before, self._channel = self._channel, self._opened()
        self._studies = StudyServiceStub(self._channel)
        before.close()

    def _opened(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address, options_for(self.address))


def told(error: grpc.RpcError, address: str) -> CliError:
    """The one message that a failed call is shown as."""
    call: Any = error  # what a stub raises is a grpc.Call too, which its type does not say
    code, details = call.code(), call.details() or ""
    if code in NOBODY:
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
