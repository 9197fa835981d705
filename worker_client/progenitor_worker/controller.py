"""The worker's side of its two calls: retried until they are answered, at whichever address answers.

Error:
├── GaveUp       it was told not to try any longer
├── Superseded   a newer process works under this worker's name
├── StudyGone    the study does not exist (any more)
└── Refused      the controller will not have it, however often it is sent

"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1.controller_service_pb2_grpc import ControllerServiceStub

ATTEMPT_SECONDS = 20.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
TELL_AGAIN = 60.0
"""Seconds after which an error of the controller's own that persists is told again."""
OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.CANCELLED,
    }
)
"""What may go away by itself: another attempt of the same call is safe, as it is applied once."""

FAULTS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
"""A controller answers, and has failed: someone must see to it."""

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


class CallError(Exception):
    """A call had no answer."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__class__.__doc__)


class GaveUp(CallError):
    """No controller has answered, and the call was not to be tried any longer."""


class Superseded(CallError):
    """Another process works under this worker's name: this one ends."""


class StudyGone(CallError):
    """The study does not exist on this controller."""


class Refused(CallError):
    """The controller refused the call. `violations` are (field, what is wrong with it)."""

    def __init__(
        self, code: grpc.StatusCode, message: str, violations: Sequence[tuple[str, str]], reason: str
    ) -> None:
        told = "; ".join(f"{field} {description}" for field, description in violations)
        super().__init__(told or message)
        self.code = code
        self.violations = tuple(violations)
        self.reason = reason


class Controller:
    """Used by the threads of one worker. `on_lost` and `on_found` are told once for each loss, a fault every minute."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        on_lost: Callable[[str], None],
        on_found: Callable[[str], None],
        jitter: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = tuple(addresses)
        self._on_lost = on_lost
        self._on_found = on_found
        self._jitter = jitter
        self._lock = threading.Lock()
        self._at = 0
        self._is_lost = False
        self._clock = clock
        self._lost_since = 0.0
        self._told_at = 0.0
        self._channel: grpc.Channel | None = None
        self._stub: ControllerServiceStub | None = None

    def suggest(
        self, request: pb.GetNewSuggestionRequest, give_up: threading.Event
    ) -> pb.GetNewSuggestionResponse:
        """Raises Superseded, StudyGone, Refused; GaveUp once `give_up` is set and an attempt has failed."""
        return self._retried(lambda stub: stub.GetNewSuggestion(request, timeout=ATTEMPT_SECONDS), give_up)

    def stop_early(
        self, request: pb.GetEarlyStoppingTrialsRequest, give_up: threading.Event
    ) -> pb.GetEarlyStoppingTrialsResponse:
        """Raises as `suggest` does."""
        return self._retried(
            lambda stub: stub.GetEarlyStoppingTrials(request, timeout=ATTEMPT_SECONDS), give_up
        )

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _retried(
        self, call: Callable[[ControllerServiceStub], Response], give_up: threading.Event
    ) -> Response:
        failures = 0
        while True:
            at, stub = self._current()
            try:
                answer = call(stub)
            except grpc.RpcError as error:
                refusal = refused(error)
                if refusal is not None:
                    raise refusal from error
                self._move_on(at, error)
            else:
                self._found(at)
                return answer
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 10)) * self._jitter()
            failures += 1
            if give_up.wait(pause):
                raise GaveUp(f"no controller answered at {', '.join(self._addresses)}")

    def _current(self) -> tuple[int, ControllerServiceStub]:
        with self._lock:
            if self._stub is None:
                address = self._addresses[self._at % len(self._addresses)]
                self._channel = grpc.insecure_channel(address, options_for(address))
                self._stub = ControllerServiceStub(self._channel)
            return self._at, self._stub

    def _move_on(self, failed: int, error: grpc.RpcError) -> None:
        """To the next address with a channel of its own; a stuck one is never used again."""
        with self._lock:
            if failed == self._at:
                self._drop()
                self._at += 1
            now = self._clock()
            if first := not self._is_lost:
                self._is_lost, self._lost_since = True, now
            again = error.code() in FAULTS and now - self._told_at >= TELL_AGAIN
            if first or again:
                self._told_at = now
            since = "" if first else f" (for {now - self._lost_since:.0f} s)"
        if first or again:
            self._on_lost(f"{error.code().name}: {error.details()}{since}")

    def _found(self, at: int) -> None:
        with self._lock:
            again, self._is_lost = self._is_lost, False
        if again:
            self._on_found(self._addresses[at % len(self._addresses)])

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        self._channel = self._stub = None


def options_for(address: str) -> list[tuple[str, int]]:
    """A proxy of the environment does not lead to this machine."""
    local = address.startswith(("127.", "localhost:", "[::1]:", "unix:"))
    return [*OPTIONS, ("grpc.enable_http_proxy", 0)] if local else [*OPTIONS]


def refused(error: grpc.RpcError) -> CallError | None:
    """The error as one that no retry mends; None if it may pass."""
    reason, violations = details(error)
    code = error.code()
    message = error.details() or code.name
    if code is grpc.StatusCode.ABORTED and reason == "STALE_REQUEST":
        return Superseded()
    if code is grpc.StatusCode.NOT_FOUND and reason == "STUDY_NOT_FOUND":
        return StudyGone(message)
    if code in PASSING:
        return None
    return Refused(code, message, violations, reason)


def details(error: grpc.RpcError) -> tuple[str, list[tuple[str, str]]]:
    """The reason and the field violations that a status carries."""
    call: Any = error  # what a stub raises is the call as well
    status = rpc_status.from_call(call)
    reason = ""
    violations: list[tuple[str, str]] = []
    for detail in status.details if status is not None else ():
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(request):
            violations += [(violation.field, violation.description) for violation in request.field_violations]
    return reason, violations
