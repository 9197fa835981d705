"""The worker's calls are retried until they are answered, byte for byte the same, at whichever address answers."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from tests.system.processes import free_port
from tests.waiting import until

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1.controller_service_pb2_grpc import (
    ControllerServiceServicer,
    add_ControllerServiceServicer_to_server,
)
from progenitor_worker.controller import Controller, GaveUp, Refused, StudyGone, Superseded

REQUEST = pb.GetNewSuggestionRequest(study="studies/s", k=1, sequence=7)
ANSWER = pb.GetNewSuggestionResponse(lost_trials=["x"])


class OtherSide(ControllerServiceServicer):
    """The other end of the wire: it refuses as often as its script says, then answers."""

    def __init__(self, *script: tuple[grpc.StatusCode, str]) -> None:
        self.script = list(script)
        self.heard: list[bytes] = []

    def GetNewSuggestion(  # noqa: N802  the contract's name
        self, request: pb.GetNewSuggestionRequest, context: grpc.ServicerContext
    ) -> pb.GetNewSuggestionResponse:
        self.heard.append(request.SerializeToString())
        if self.script:
            code, reason = self.script.pop(0)
            context.set_trailing_metadata((("grpc-status-details-bin", details(code, reason)),))
            context.abort(code, "as the script says")
        return ANSWER

    def GetEarlyStoppingTrials(  # noqa: N802  the contract's name
        self, request: pb.GetEarlyStoppingTrialsRequest, context: grpc.ServicerContext
    ) -> pb.GetEarlyStoppingTrialsResponse:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "not in the script")


def details(code: grpc.StatusCode, reason: str) -> bytes:
    info, request = Packed(), Packed()
    info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="progenitor"))
    violation = error_details_pb2.BadRequest.FieldViolation(field="trials[0].step", description="is wrong")
    request.Pack(error_details_pb2.BadRequest(field_violations=[violation]))
    number: Any = code.value
    status: Message = status_pb2.Status(code=number[0], message="as the script says", details=[info, request])
    return status.SerializeToString()


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[grpc.Server] = []

    def start(other_side: OtherSide, port: int = 0) -> str:
        server = grpc.server(ThreadPoolExecutor(4))
        add_ControllerServiceServicer_to_server(other_side, server)
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        servers.append(server)
        return f"127.0.0.1:{bound}"

    yield start
    for server in servers:
        server.stop(None).wait()


@pytest.fixture
def told() -> list[str]:
    return []


def client(told: list[str], *addresses: str) -> Controller:
    return Controller(
        addresses,
        on_lost=lambda message: told.append(f"lost {message}"),
        on_found=lambda address: told.append(f"found {address}"),
        jitter=lambda: 0.1,
    )


def never() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED],
)
def test_what_may_pass_is_retried_with_the_same_bytes(
    serve: Serve, told: list[str], code: grpc.StatusCode
) -> None:
    other = OtherSide(*[(code, "")] * 3)
    assert client(told, serve(other)).suggest(REQUEST, never()) == ANSWER
    assert other.heard == [REQUEST.SerializeToString()] * 4
    assert [line.split()[0] for line in told] == ["lost", "found"]


def test_the_next_address_is_tried_when_one_does_not_answer(serve: Serve, told: list[str]) -> None:
    address = serve(OtherSide())
    assert client(told, f"127.0.0.1:{free_port()}", address).suggest(REQUEST, never()) == ANSWER
    assert told[-1] == f"found {address}"


def test_a_controller_that_comes_back_is_found(serve: Serve, told: list[str]) -> None:
    port = free_port()
    answers: list[object] = []
    waiting = threading.Thread(
        target=lambda: answers.append(client(told, f"127.0.0.1:{port}").suggest(REQUEST, never()))
    )
    waiting.start()
    until(lambda: told)
    serve(OtherSide(), port)
    waiting.join(30)
    assert answers == [ANSWER]


def test_waiting_ends_at_once_when_told_to_give_up(told: list[str]) -> None:
    give_up = threading.Event()
    patient = Controller(
        (f"127.0.0.1:{free_port()}",), on_lost=told.append, on_found=told.append, jitter=lambda: 600.0
    )
    began = time.monotonic()
    threading.Timer(0.2, give_up.set).start()
    with pytest.raises(GaveUp, match="no controller answered"):
        patient.suggest(REQUEST, give_up)
    assert 0.2 <= time.monotonic() - began < 10.0, "the pause between two attempts is a minute"


def test_a_fault_of_the_controller_that_persists_is_told_again_every_minute(
    serve: Serve, told: list[str]
) -> None:
    other = OtherSide(*[(grpc.StatusCode.INTERNAL, "")] * 7)
    seconds = count(100.0, 25.0)
    persistent = Controller(
        (serve(other),),
        on_lost=told.append,
        on_found=lambda _: told.append("found"),
        jitter=lambda: 0.0,
        clock=lambda: next(seconds),
    )
    assert persistent.suggest(REQUEST, never()) == ANSWER
    assert [line.partition("(")[2] for line in told] == ["", "for 75 s)", "for 150 s)", ""]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (grpc.StatusCode.ABORTED, "STALE_REQUEST", Superseded),
        (grpc.StatusCode.NOT_FOUND, "STUDY_NOT_FOUND", StudyGone),
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", Refused),
        (grpc.StatusCode.FAILED_PRECONDITION, "TRIAL_IS_FINAL", Refused),
    ],
)
def test_what_no_retry_mends_is_raised_at_once(
    serve: Serve, told: list[str], code: grpc.StatusCode, reason: str, error: type[Exception]
) -> None:
    other = OtherSide((code, reason))
    with pytest.raises(error):
        client(told, serve(other)).suggest(REQUEST, never())
    assert len(other.heard) == 1


def test_a_refusal_names_the_fields(serve: Serve, told: list[str]) -> None:
    other = OtherSide((grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"))
    with pytest.raises(Refused, match=r"trials\[0\].step is wrong"):
        client(told, serve(other)).suggest(REQUEST, never())


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    serve: Serve, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert client(told, serve(OtherSide())).suggest(REQUEST, never()) == ANSWER
    assert told == []
