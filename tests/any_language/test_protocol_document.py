"""The exchange of messages that the documentation shows is one that takes place."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from progenitor.v1 import controller_service_pb2, study_service_pb2
from progenitor.v1.controller_service_pb2_grpc import ControllerServiceStub
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.errors import CallError
from progenitor_controller.refusals import STORAGE_CODES
from progenitor_controller.server import EmbeddedController

from .programs import ROOT

PAGE = ROOT / "docs" / "protocol.md"
ANOTHER_EACH_TIME = {"study_uid", "create_time", "start_time", "expire_time"}


@dataclass(frozen=True, slots=True)
class Shown:
    """`kind` is request, answer or refusal."""

    call: str
    kind: str
    message: Any


def shown() -> list[Shown]:
    found = re.findall(
        r"^`(\w+)` (request|answer|refusal)\n\n```json\n(.*?)^```",
        PAGE.read_text(),
        flags=re.DOTALL | re.MULTILINE,
    )
    return [Shown(call, kind, json.loads(message)) for call, kind, message in found]


def test_every_message_that_the_page_shows_belongs_to_the_exchange() -> None:
    assert len(shown()) == PAGE.read_text().count("```json\n")


def test_the_exchange_takes_place_as_the_page_shows_it(tmp_path: Path) -> None:
    with (
        EmbeddedController(f"sqlite:///{tmp_path}/d.db") as controller,
        grpc.insecure_channel(controller.address) as channel,
    ):
        told: Shown | None = None
        for message in shown():
            if message.kind == "request":
                told = reply(channel, message)
                continue
            assert told is not None
            assert (told.call, told.kind) == (message.call, message.kind)
            assert list(differences("", told.message, message.message)) == [], json.dumps(told.message)


def reply(channel: grpc.Channel, request: Shown) -> Shown:
    controllers = hasattr(controller_service_pb2, f"{request.call}Request")
    module: Any = controller_service_pb2 if controllers else study_service_pb2
    stub: Any = ControllerServiceStub(channel) if controllers else StudyServiceStub(channel)
    message = json_format.ParseDict(request.message, getattr(module, f"{request.call}Request")())
    try:
        answer = getattr(stub, request.call)(message)
    except grpc.RpcError as error:
        return Shown(request.call, "refusal", refusal(error))
    return Shown(request.call, "answer", json_format.MessageToDict(answer, preserving_proto_field_name=True))


def refusal(error: Any) -> dict[str, Any]:
    """As the page shows it: of the details, the reason and what is wrong with which field."""
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    status = rpc_status.from_call(error)
    assert status is not None
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(request)
    wrong = json_format.MessageToDict(request, preserving_proto_field_name=True)
    return {"code": error.code().name, "reason": info.reason, **wrong}


def differences(path: str, real: Any, page: Any) -> Iterator[str]:
    """Doubles may differ in their last digits: logarithms are the machine's."""
    if isinstance(real, dict) and isinstance(page, dict):
        for name in real.keys() | page.keys():
            if name in real and name in page and name in ANOTHER_EACH_TIME:
                continue
            yield from differences(f"{path}.{name}", real.get(name), page.get(name))
    elif isinstance(real, list) and isinstance(page, list) and len(real) == len(page):
        for place, (one, other) in enumerate(zip(real, page, strict=True)):
            yield from differences(f"{path}[{place}]", one, other)
    elif isinstance(real, float) and isinstance(page, float):
        if not math.isclose(real, page, rel_tol=1e-9):
            yield f"{path}: {real}, and on the page {page}"
    elif real != page:
        yield f"{path}: {real}, and on the page {page}"


def test_the_page_names_every_reason_with_its_code() -> None:
    page = PAGE.read_text()
    kinds: list[type[CallError]] = [CallError, *CallError.__subclasses__()]
    refusals = [(kind.code, kind.reason) for kind in kinds]
    for code, reason in [*refusals, *STORAGE_CODES.values()]:
        assert f"`{reason}`" in page
        assert code.name in page


def test_a_difference_is_found() -> None:
    assert list(differences("", {"a": [1.0]}, {"a": [1.1]})) == [".a[0]: 1.0, and on the page 1.1"]
    assert list(differences("", {"a": 1}, {})) == [".a: 1, and on the page None"]
