from collections.abc import Iterator

import grpc
import pytest

from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController


@pytest.fixture
def controller(database_url: str) -> Iterator[EmbeddedController]:
    """A controller behind a real socket, on each backend in turn."""
    with EmbeddedController(database_url) as running:
        yield running


@pytest.fixture
def channel(controller: EmbeddedController) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(controller.address) as opened:
        yield opened


@pytest.fixture
def studies(channel: grpc.Channel) -> StudyServiceStub:
    return StudyServiceStub(channel)
