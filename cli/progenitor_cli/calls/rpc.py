"""One call to the controllers at some addresses, each refusal as one clear message."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_worker.controller import options_for

from ..errors import CallRefused, ControllerUnreachable, ProgenitorError

TIMEOUT = 20.0
"""Seconds that a call may take."""
PATIENCE = 5.0
"""Seconds after which another controller is asked, if there is one."""
NOBODY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
"""How a call ends that no controller has answered: it may be made again. A study is created once, by its request id;
another call that was carried out unseen finds what it wanted done."""

Request_contra = TypeVar("Request_contra", contravariant=True)
Response_co = TypeVar("Response_co", covariant=True)
Request = TypeVar("Request")
Response = TypeVar("Response")


class Method(Protocol[Request_contra, Response_co]):
    def __call__(self, request: Request_contra, /, timeout: float | None = None) -> Response_co: ...


class Controllers:
    """Those at `addresses`: one is asked as long as it answers, then the next.

    One thread calls; others may read `studies`.
    """

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._at = 0
        self._channel = self._opened()
        self.studies = StudyServiceStub(self._channel)

    @property
    def address(self) -> str:
        """Of the one that is asked now."""
        return self._addresses[self._at]

    def close(self) -> None:
        self._channel.close()

    def call(
        self,
        method: Callable[[StudyServiceStub], Method[Request, Response]],
        request: Request,
        timeout: float = TIMEOUT,
    ) -> Response:
        """Raises ControllerUnreachable or CallRefused."""
        for _ in self._addresses[1:]:
            try:
                return method(self.studies)(request, timeout=min(timeout, PATIENCE))
            except grpc.RpcError as error:
                if error.code() not in NOBODY:
                    raise told(error, self.address) from error
                self.move_on()
        try:
            return method(self.studies)(request, timeout=timeout)
        except grpc.RpcError as error:
            raise told(error, ", ".join(self._addresses)) from error

    def move_on(self) -> None:
        """To the next address, with a channel of its own."""
        self._at = (self._at + 1) % len(self._addresses)
        before, self._channel = self._channel, self._opened()
        self.studies = StudyServiceStub(self._channel)
        before.close()

    def _opened(self) -> grpc.Channel:
        return grpc.insecure_channel(self.address, options_for(self.address))


def told(error: grpc.RpcError, address: str) -> ProgenitorError:
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
