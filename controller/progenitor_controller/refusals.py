"""Turns what a call raised into its status on the wire: AIP-193 codes, ErrorInfo and BadRequest details."""

from __future__ import annotations  # grpc's generic classes are generic for type checkers only

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.protobuf.message import DecodeError
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode, aio

from progenitor_storage import errors as storage

from .errors import CallError, InvalidRequest, Violation

DOMAIN = "progenitor"
DETAILS_KEY = "grpc-status-details-bin"
MAX_MESSAGE = 800
MAX_VIOLATIONS = 3500
"""Bytes of both. A status travels in headers, of which many clients take 8 KiB."""

log = logging.getLogger(__name__)

STORAGE_CODES: dict[type[Exception], tuple[StatusCode, str]] = {
    storage.StudyNotFound: (StatusCode.NOT_FOUND, "STUDY_NOT_FOUND"),
    storage.TrialNotFound: (StatusCode.NOT_FOUND, "TRIAL_NOT_FOUND"),
    storage.CheckpointNotFound: (StatusCode.NOT_FOUND, "CHECKPOINT_NOT_FOUND"),
    storage.StudyExists: (StatusCode.ALREADY_EXISTS, "STUDY_EXISTS"),
    storage.StorageFull: (StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL"),
    storage.StorageUnavailable: (StatusCode.UNAVAILABLE, "STORAGE_UNAVAILABLE"),
}


class Refusals(aio.ServerInterceptor):
    """Wraps every handler, so that handlers raise and never speak of statuses."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        if handler.unary_unary is not None:
            method = answered(handler.unary_unary, handler.request_deserializer)
            return grpc.unary_unary_rpc_method_handler(method, None, handler.response_serializer)
        if handler.unary_stream is not None:
            method = streamed(handler.unary_stream, handler.request_deserializer)
            return grpc.unary_stream_rpc_method_handler(method, None, handler.response_serializer)
        return handler


def answered(method: Any, parse: Any) -> Any:
    async def call(request: bytes, context: aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await method(parsed(parse, request), context)
        except Exception as error:  # noqa: BLE001  every refusal has a status; an unknown one is logged as INTERNAL
            await refuse(context, error)

    return call


def streamed(method: Any, parse: Any) -> Any:
    async def call(request: bytes, context: aio.ServicerContext[Any, Any]) -> Any:
        try:
            async for response in method(parsed(parse, request), context):
                yield response
        except Exception as error:  # noqa: BLE001  as above
            await refuse(context, error)

    return call


def parsed(parse: Any, request: bytes) -> Any:
    """Raises InvalidRequest for bytes that are no message of the contract."""
    try:
        return parse(request)
    except DecodeError as error:
        raise InvalidRequest([Violation("request", f"cannot be decoded: {error}")]) from error


async def refuse(context: aio.ServicerContext[Any, Any], error: Exception) -> None:
    if isinstance(error, aio.AbortError):
        raise error
    code, status = status_of(error)
    await context.abort(code, status.message, ((DETAILS_KEY, status.SerializeToString()),))


def status_of(error: Exception) -> tuple[StatusCode, status_pb2.Status]:
    if isinstance(error, CallError):
        return rendered(error.code, error.reason, str(error), error.metadata, error.violations)
    for kind, (code, reason) in STORAGE_CODES.items():
        if isinstance(error, kind):
            names = {name: str(value) for name, value in vars(error).items()}
            return rendered(code, reason, str(error), names)
    log.error("a call failed unexpectedly", exc_info=error)
    return rendered(StatusCode.INTERNAL, "INTERNAL", "The controller failed; its log says more.", {})


def rendered(
    code: StatusCode,
    reason: str,
    message: str,
    metadata: dict[str, str],
    violations: tuple[Violation, ...] = (),
) -> tuple[StatusCode, status_pb2.Status]:
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN)
    for name, value in metadata.items():
        info.metadata[name] = value[:200]
    details = [packed(info)]
    if violations:
        request = bad_request(violations)
        details.append(packed(request))
        message = counted(violations, len(request.field_violations)) + message
    number = code_pb2.Code.Value(code.name)
    return code, status_pb2.Status(code=number, message=shortened(printable(message)), details=details)


def counted(violations: tuple[Violation, ...], told: int) -> str:
    return "" if len(violations) == told else f"{len(violations)} violations, the details name {told}. "


def bad_request(violations: tuple[Violation, ...]) -> error_details_pb2.BadRequest:
    told = error_details_pb2.BadRequest()
    for violation in violations:
        told.field_violations.add(field=violation.field[:300], description=violation.description[:300])
        if told.ByteSize() > MAX_VIOLATIONS:
            del told.field_violations[-1]
            return told
    return told


def printable(message: str) -> str:
    """Without NUL and other control characters, which a header may not carry."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in message
    )


def shortened(message: str) -> str:
    """To what a header has room for; there other characters than ASCII's are percent-encoded."""
    size = 0
    for place, character in enumerate(message):
        size += 1 if character.isascii() else 3 * len(character.encode())
        if size > MAX_MESSAGE:
            return f"{message[:place]}…"
    return message


def packed(detail: Any) -> any_pb2.Any:
    wrapped = any_pb2.Any()
    wrapped.Pack(detail)
    return wrapped
