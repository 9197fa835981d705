from collections.abc import Iterator

import grpc
import pytest
from tests.plug_ins import CAUTIOUS, install

from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController


@pytest.fixture(scope="session", autouse=True)
def plug_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A plug-in of every kind, by the name `mine`, is installed for as long as tests run."""
    with pytest.MonkeyPatch.context() as environment:
        environment.syspath_prepend(install(tmp_path_factory.mktemp("installed"), {"mine": CAUTIOUS}))
        yield


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
