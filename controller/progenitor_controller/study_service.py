"""What people and tools ask of a study. A handler adds nothing but the wire."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from grpc import aio

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import study_service_pb2_grpc as rpc
from progenitor_storage import Database

from . import lists, pins, studies
from .apart import Apart
from .calls import Creation, StudyCall
from .errors import InvalidRequest, Violation
from .lists import ListCall, TrialCall
from .status import status
from .watch import WatchCall, changes
from .wire.check_study import creation, pin_call, trial_states, update_call
from .wire.names import one_study, one_trial
from .wire.pages import Key, page_of
from .wire.studies import study_to_wire

CHECK_DEADLINE = 15.0
"""Seconds for the check of a specification, in which plug-ins may be imported for the first time."""
WATCH_INTERVAL = 0.5
"""Seconds between looks at the database while nothing changes."""

Context = aio.ServicerContext[Any, Any]


class StudyService(rpc.StudyServiceServicer):
    def __init__(self, database: Database) -> None:
        self._database = database
        self._apart = Apart()

    async def _checked(self, request: pb.CreateStudyRequest) -> Creation:
        """Apart from other calls, as plug-ins are loaded and asked about their options."""
        work = partial(creation, request, drawn_seed=secrets.randbelow(2**31))
        thought = await self._apart.thought(request.study_id, work, CHECK_DEADLINE)
        if isinstance(thought.error, TimeoutError):
            told = f"its plug-ins could not be asked about their options: {thought.error}"
            raise InvalidRequest([Violation("spec", told)])
        if thought.error is not None:
            raise thought.error
        call: Creation = thought.result
        return call

    async def CreateStudy(self, request: pb.CreateStudyRequest, context: Context) -> pb.CreateStudyResponse:
        call = await self._checked(request)
        return pb.CreateStudyResponse(
            study=study_to_wire(await self._database.transact(studies.create, call))
        )

    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> pb.GetStudyResponse:
        call = StudyCall(one_study("name", request.name))
        return pb.GetStudyResponse(study=study_to_wire(await self._database.read(studies.get, call)))

    async def ListStudies(self, request: pb.ListStudiesRequest, context: Context) -> pb.ListStudiesResponse:
        page = page_of("studies", request.page_size, request.page_token, ("",))
        return await self._database.read(lists.list_studies, ListCall("", page))

    async def UpdateStudy(self, request: pb.UpdateStudyRequest, context: Context) -> pb.UpdateStudyResponse:
        call = update_call(request)
        return pb.UpdateStudyResponse(
            study=study_to_wire(await self._database.transact(studies.update, call))
        )

    async def PauseStudy(self, request: pb.PauseStudyRequest, context: Context) -> pb.PauseStudyResponse:
        call = StudyCall(one_study("name", request.name))
        return pb.PauseStudyResponse(study=study_to_wire(await self._database.transact(studies.pause, call)))

    async def ResumeStudy(self, request: pb.ResumeStudyRequest, context: Context) -> pb.ResumeStudyResponse:
        call = StudyCall(one_study("name", request.name))
        return pb.ResumeStudyResponse(
            study=study_to_wire(await self._database.transact(studies.resume, call))
        )

    async def CancelStudy(self, request: pb.CancelStudyRequest, context: Context) -> pb.CancelStudyResponse:
        call = StudyCall(one_study("name", request.name))
        return pb.CancelStudyResponse(
            study=study_to_wire(await self._database.transact(studies.cancel, call))
        )

    async def DeleteStudy(self, request: pb.DeleteStudyRequest, context: Context) -> pb.DeleteStudyResponse:
        await self._database.transact(studies.delete, StudyCall(one_study("name", request.name)))
        return pb.DeleteStudyResponse()

    async def GetStudyStatus(
        self, request: pb.GetStudyStatusRequest, context: Context
    ) -> pb.GetStudyStatusResponse:
        return await self._database.read(status, StudyCall(one_study("name", request.name)))

    async def ListPopulation(
        self, request: pb.ListPopulationRequest, context: Context
    ) -> pb.ListPopulationResponse:
        return await self._database.read(lists.list_population, of_study("population", request, (-1,)))

    async def ListBestTrials(
        self, request: pb.ListBestTrialsRequest, context: Context
    ) -> pb.ListBestTrialsResponse:
        return await self._database.read(lists.list_best, of_study("best", request, (0.0, 0)))

    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> pb.GetTrialResponse:
        return await self._database.read(lists.get_trial, TrialCall(*one_trial("name", request.name)))

    async def ListTrials(self, request: pb.ListTrialsRequest, context: Context) -> pb.ListTrialsResponse:
        study = one_study("study", request.study)
        page = page_of("trials", request.page_size, request.page_token, (0,))
        call = ListCall(study, page, states=trial_states(request))
        return await self._database.read(lists.list_trials, call)

    async def ListMeasurements(
        self, request: pb.ListMeasurementsRequest, context: Context
    ) -> pb.ListMeasurementsResponse:
        return await self._database.read(lists.list_measurements, of_trial("measurements", request, (-1,)))

    async def ListLineage(self, request: pb.ListLineageRequest, context: Context) -> pb.ListLineageResponse:
        return await self._database.read(lists.list_lineage, of_trial("lineage", request, (0,)))

    async def ListCheckpoints(
        self, request: pb.ListCheckpointsRequest, context: Context
    ) -> pb.ListCheckpointsResponse:
        call = of_study("checkpoints", request, (0, 0, 0, ""))
        return await self._database.read(lists.list_checkpoints, call)

    async def PinCheckpoint(
        self, request: pb.PinCheckpointRequest, context: Context
    ) -> pb.PinCheckpointResponse:
        call = pin_call(request)
        return pb.PinCheckpointResponse(checkpoint=await self._database.transact(pins.pin, call))

    async def UnpinCheckpoint(
        self, request: pb.UnpinCheckpointRequest, context: Context
    ) -> pb.UnpinCheckpointResponse:
        call = pin_call(request)
        return pb.UnpinCheckpointResponse(checkpoint=await self._database.transact(pins.unpin, call))

    async def ListWorkers(self, request: pb.ListWorkersRequest, context: Context) -> pb.ListWorkersResponse:
        return await self._database.read(lists.list_workers, of_study("workers", request, (0.0, "")))

    async def WatchTrials(
        self, request: pb.WatchTrialsRequest, context: Context
    ) -> AsyncIterator[pb.WatchTrialsResponse]:
        """Goes on until the client ends it or the study is deleted."""
        study = one_study("study", request.study)
        token = request.resume_token
        while True:
            response = await self._database.read(changes, WatchCall(study, token))
            if response.trials:
                yield response
                token = response.resume_token
            else:
                await asyncio.sleep(WATCH_INTERVAL)


StudyList = (
    pb.ListPopulationRequest | pb.ListBestTrialsRequest | pb.ListCheckpointsRequest | pb.ListWorkersRequest
)


def of_study(kind: str, request: StudyList, start: Key) -> ListCall:
    study = one_study("study", request.study)
    return ListCall(study, page_of(kind, request.page_size, request.page_token, start))


def of_trial(kind: str, request: pb.ListMeasurementsRequest | pb.ListLineageRequest, start: Key) -> ListCall:
    study, number = one_trial("trial", request.trial)
    return ListCall(study, page_of(kind, request.page_size, request.page_token, start), trial=number)
