"""What a refused call said."""

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


def refusal(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    """The code, the reason and the violations (field → description) that `call` is refused with."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    status = rpc_status.from_call(error)
    assert status is not None, error
    reason = ""
    violations: dict[str, str] = {}
    for detail in status.details:
        info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            assert info.domain == "progenitor"
            reason = info.reason
        elif detail.Unpack(request):
            violations |= {v.field: v.description for v in request.field_violations}
    return error.code(), reason, violations
