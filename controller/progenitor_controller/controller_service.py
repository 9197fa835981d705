"""The two calls that workers make. A handler adds nothing but the wire."""

from typing import Any

from grpc import aio

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import controller_service_pb2_grpc as rpc
from progenitor_storage import Database

from .decisions import Decisions
from .wire.calls import early_stopping_call, suggestion_call


class ControllerService(rpc.ControllerServiceServicer):
    def __init__(self, database: Database, decisions: Decisions) -> None:
        self._database = database
        self._decisions = decisions

    async def GetNewSuggestion(
        self, request: pb.GetNewSuggestionRequest, context: aio.ServicerContext[Any, Any]
    ) -> pb.GetNewSuggestionResponse:
        call = suggestion_call(request)
        return await self._decisions.suggested(self._database, call)

    async def GetEarlyStoppingTrials(
        self, request: pb.GetEarlyStoppingTrialsRequest, context: aio.ServicerContext[Any, Any]
    ) -> pb.GetEarlyStoppingTrialsResponse:
        call = early_stopping_call(request)
        return await self._decisions.heard(self._database, call)
