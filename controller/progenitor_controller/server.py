"""The gRPC server: both services, health and reflection over one database."""

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from progenitor.v1 import controller_service_pb2, study_service_pb2
from progenitor.v1.controller_service_pb2_grpc import add_ControllerServiceServicer_to_server
from progenitor.v1.study_service_pb2_grpc import add_StudyServiceServicer_to_server
from progenitor_storage import Database

from .controller_service import ControllerService
from .decisions import Decisions
from .refusals import Refusals
from .study_service import StudyService

SERVICES = (
    controller_service_pb2.DESCRIPTOR.services_by_name["ControllerService"].full_name,
    study_service_pb2.DESCRIPTOR.services_by_name["StudyService"].full_name,
)
OPTIONS = (("grpc.so_reuseport", 0),)
"""Two controllers that are told the same port: the second is refused instead of sharing it unseen."""


class AddressInUse(OSError):
    """The address cannot be listened on."""


class ControllerServer:
    """`address` is where it listens, with the real port."""

    def __init__(
        self, server: aio.Server, servicer: health.aio.HealthServicer, database: Database, address: str
    ) -> None:
        self._server = server
        self._health = servicer
        self._database = database
        self.address = address

    @classmethod
    async def start(
        cls, database_url: str, address: str = "127.0.0.1:0", decisions: Decisions | None = None
    ) -> "ControllerServer":
        """`decisions` have other deadlines than the usual. Raises AddressInUse, or what opening the database raises."""
        database = await Database.open(database_url)
        try:
            return await cls._listen(database, address, decisions or Decisions())
        except BaseException:
            await database.close()
            raise

    @classmethod
    async def _listen(cls, database: Database, address: str, decisions: Decisions) -> "ControllerServer":
        server = aio.server(interceptors=[Refusals()], options=OPTIONS)
        add_ControllerServiceServicer_to_server(ControllerService(database, decisions), server)
        add_StudyServiceServicer_to_server(StudyService(database), server)
        servicer = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        reflection.enable_server_reflection([*SERVICES, HEALTH, reflection.SERVICE_NAME], server)
        try:
            port = server.add_insecure_port(address)
        except RuntimeError as error:
            told = f"cannot listen on {address}: another process does, or it is no address of this machine"
            raise AddressInUse(told) from error
        await server.start()
        for service in ("", *SERVICES):
            await servicer.set(service, health_pb2.HealthCheckResponse.SERVING)
        host = address.rpartition(":")[0]
        return cls(server, servicer, database, f"{host}:{port}")

    async def stop(self, grace: float = 5.0) -> None:
        """Health turns first; calls under way get `grace` seconds; what was accepted is committed."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace)
        await self._database.close()


HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name


class EmbeddedController:
    """A controller in a thread of this process, with an event loop of its own.

    with EmbeddedController("sqlite:///study.db") as controller:
        grpc.insecure_channel(controller.address)
    """

    def __init__(
        self, database_url: str, address: str = "127.0.0.1:0", decisions: Decisions | None = None
    ) -> None:
        self._started: Future[ControllerServer] = Future()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete,
            args=(self._serve(database_url, address, decisions),),
            name="controller",
        )
        self._thread.start()
        try:
            self.address = self._started.result().address
        except BaseException:
            self._loop.call_soon_threadsafe(self._ended.set)  # should it start nevertheless
            self._thread.join()
            self._loop.close()
            raise

    async def _serve(self, database_url: str, address: str, decisions: Decisions | None) -> None:
        try:
            server = await ControllerServer.start(database_url, address, decisions)
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits for the start
            self._started.set_exception(error)
            return
        self._started.set_result(server)
        await self._ended.wait()
        await server.stop(grace=1.0)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
