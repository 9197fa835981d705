"""What a controller's health service says."""

import time
from dataclasses import dataclass
from typing import Any

import grpc

from progenitor_worker.controller import options_for

from .errors import ServerMissing

PATIENCE = 5.0
"""Seconds that one question may take."""
PAUSE = 0.25
"""Seconds between two questions."""
SERVING = "SERVING"
UNREACHABLE = "UNREACHABLE"


@dataclass(frozen=True, slots=True)
class Health:
    """`status` as grpc.health.v1 names it, or UNREACHABLE; `detail` says why, if there is more to say."""

    status: str
    detail: str = ""

    @property
    def serving(self) -> bool:
        return self.status == SERVING


def asked(address: str, patience: float) -> Health:
    """Of the controller as a whole; again for `patience` seconds, until it serves. Raises ServerMissing."""
    end = time.monotonic() + patience
    while True:
        found = once(address, PATIENCE)
        left = end - time.monotonic()
        if found.serving or left <= 0:
            return found
        time.sleep(min(PAUSE, left))


def once(address: str, timeout: float) -> Health:
    """On a channel of its own, so that no pause after an earlier failure is waited for."""
    try:
        from grpc_health.v1 import health_pb2, health_pb2_grpc
    except ModuleNotFoundError as error:
        raise ServerMissing("grpcio-health-checking") from error
    with grpc.insecure_channel(address, options_for(address)) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its type lacks its methods
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError as error:
            call: Any = error  # what a stub raises is a grpc.Call too, which its type does not say
            return Health(UNREACHABLE, f"{call.code().name}: {call.details()}")
    return Health(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
