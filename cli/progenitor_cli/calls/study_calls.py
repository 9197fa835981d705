"""The calls of the contract's StudyService, each a method, paged behind the scenes."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_worker import Study

from ..errors import UsageError
from .names import resource_name, trial_resource_name
from .rpc import TIMEOUT, Controllers, Method

PAGE = 1000
Stream = Any
"""An iterator of WatchTrialsResponse that can be cancelled; grpc has no type of it."""


class Paged(Protocol):
    page_token: str


class Page(Protocol):
    next_page_token: str


PagedRequest = TypeVar("PagedRequest", bound=Paged)
PageResponse = TypeVar("PageResponse", bound=Page)
Entry = TypeVar("Entry")


class StudyCalls:
    """Asks the controllers at `addresses` (HOST:PORT): one as long as it answers, then the next.

    The methods are the calls of the contract's StudyService under the same names, and their results its messages. A
    study is named as `digits` or `studies/digits`, a trial as `digits/7` or `studies/digits/trials/7`. Each `list_…`
    is an iterator that reads a page at a time. Every method raises ControllerUnreachable, CallRefused, or
    UsageError for what cannot be a name. One thread
    calls them; another one may read a stream.
    """

    def __init__(self, *addresses: str) -> None:
        if not addresses or not all(isinstance(address, str) for address in addresses):
            raise UsageError(
                f"A client needs addresses, such as '127.0.0.1:50051'; given were {addresses!r}."
            )
        self._controllers = Controllers(addresses)

    @property
    def address(self) -> str:
        """Of the controller that is asked now."""
        return self._controllers.address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._controllers.close()

    def create_study(
        self, study_id: str, spec: Study | study_pb2.StudySpec, labels: Mapping[str, str] | None = None
    ) -> study_pb2.Study:
        """`study_id` is made of lower-case letters, digits and hyphens, and begins with a letter."""
        wanted = spec.spec() if isinstance(spec, Study) else spec
        request = pb.CreateStudyRequest(
            study_id=study_id, spec=wanted, labels=labels or {}, request_id=str(uuid.uuid4())
        )
        return self._controllers.call(lambda studies: studies.CreateStudy, request).study

    def get_study(self, study: str) -> study_pb2.Study:
        request = pb.GetStudyRequest(name=resource_name(study))
        return self._controllers.call(lambda studies: studies.GetStudy, request).study

    def list_studies(self) -> Iterator[study_pb2.Study]:
        """By name."""
        return self._pages(
            lambda studies: studies.ListStudies,
            pb.ListStudiesRequest(page_size=PAGE),
            lambda page: page.studies,
        )

    def update_study(
        self,
        study: str,
        *,
        budget: study_pb2.Budget | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> study_pb2.Study:
        """Only the budget and the labels of a study can change; what is given replaces what was."""
        changed = study_pb2.Study(name=resource_name(study), labels=labels or {})
        request = pb.UpdateStudyRequest(study=changed)
        if budget is not None:
            request.study.spec.budget.CopyFrom(budget)
            request.update_mask.paths.append("spec.budget")
        if labels is not None:
            request.update_mask.paths.append("labels")
        return self._controllers.call(lambda studies: studies.UpdateStudy, request).study

    def pause_study(self, study: str) -> study_pb2.Study:
        """Running trials go on to their end, nothing new is handed out."""
        request = pb.PauseStudyRequest(name=resource_name(study))
        return self._controllers.call(lambda studies: studies.PauseStudy, request).study

    def resume_study(self, study: str) -> study_pb2.Study:
        request = pb.ResumeStudyRequest(name=resource_name(study))
        return self._controllers.call(lambda studies: studies.ResumeStudy, request).study

    def cancel_study(self, study: str) -> study_pb2.Study:
        """For good: what its workers train now is lost to them."""
        request = pb.CancelStudyRequest(name=resource_name(study))
        return self._controllers.call(lambda studies: studies.CancelStudy, request).study

    def delete_study(self, study: str) -> None:
        """With its trials and their measurements. The checkpoints stay in their store."""
        request = pb.DeleteStudyRequest(name=resource_name(study))
        self._controllers.call(lambda studies: studies.DeleteStudy, request)

    def get_study_status(self, study: str, timeout: float = TIMEOUT) -> pb.GetStudyStatusResponse:
        request = pb.GetStudyStatusRequest(name=resource_name(study))
        return self._controllers.call(lambda studies: studies.GetStudyStatus, request, timeout)

    def list_population(self, study: str) -> Iterator[trial_pb2.Trial]:
        """The newest trial of each member, by member."""
        return self._pages(
            lambda studies: studies.ListPopulation,
            pb.ListPopulationRequest(study=resource_name(study), page_size=PAGE),
            lambda page: page.trials,
        )

    def list_best_trials(self, study: str, count: int | None = None) -> Iterator[trial_pb2.Trial]:
        """Completed trials, the fittest first; no more than `count`."""
        page_size = PAGE if count is None else max(1, min(count, PAGE))
        found = self._pages(
            lambda studies: studies.ListBestTrials,
            pb.ListBestTrialsRequest(study=resource_name(study), page_size=page_size),
            lambda page: page.trials,
        )
        return islice(found, count)

    def get_trial(self, trial: str) -> trial_pb2.Trial:
        request = pb.GetTrialRequest(name=trial_resource_name(trial))
        return self._controllers.call(lambda studies: studies.GetTrial, request).trial

    def list_trials(
        self, study: str, states: Iterable[trial_pb2.TrialState.ValueType] = ()
    ) -> Iterator[trial_pb2.Trial]:
        """By number, those in `states` (empty: all)."""
        return self._pages(
            lambda studies: studies.ListTrials,
            pb.ListTrialsRequest(study=resource_name(study), states=states, page_size=PAGE),
            lambda page: page.trials,
        )

    def list_measurements(self, trial: str) -> Iterator[trial_pb2.Measurement]:
        """By step."""
        return self._pages(
            lambda studies: studies.ListMeasurements,
            pb.ListMeasurementsRequest(trial=trial_resource_name(trial), page_size=PAGE),
            lambda page: page.measurements,
        )

    def list_lineage(self, trial: str) -> Iterator[trial_pb2.Trial]:
        """The trials whose sessions trained this trial's weights, oldest first, itself last."""
        return self._pages(
            lambda studies: studies.ListLineage,
            pb.ListLineageRequest(trial=trial_resource_name(trial), page_size=PAGE),
            lambda page: page.trials,
        )

    def list_checkpoints(self, study: str) -> Iterator[pb.TrialCheckpoint]:
        """By trial, epoch and step."""
        return self._pages(
            lambda studies: studies.ListCheckpoints,
            pb.ListCheckpointsRequest(study=resource_name(study), page_size=PAGE),
            lambda page: page.checkpoints,
        )

    def pin_checkpoint(self, study: str, uri: str) -> pb.TrialCheckpoint:
        """It is kept from now on, whoever needs it."""
        request = pb.PinCheckpointRequest(study=resource_name(study), uri=uri)
        return self._controllers.call(lambda studies: studies.PinCheckpoint, request).checkpoint

    def unpin_checkpoint(self, study: str, uri: str) -> pb.TrialCheckpoint:
        request = pb.UnpinCheckpointRequest(study=resource_name(study), uri=uri)
        return self._controllers.call(lambda studies: studies.UnpinCheckpoint, request).checkpoint

    def list_workers(self, study: str) -> Iterator[pb.WorkerStatus]:
        """The last heard first."""
        return self._pages(
            lambda studies: studies.ListWorkers,
            pb.ListWorkersRequest(study=resource_name(study), page_size=PAGE),
            lambda page: page.workers,
        )

    def stream(self, study: str, resume_token: str, timeout: float | None = None) -> Stream:
        """One WatchTrials call. Raises grpc.RpcError while it is read, as any stream does."""
        request = pb.WatchTrialsRequest(study=resource_name(study), resume_token=resume_token)
        return self._controllers.studies.WatchTrials(request, timeout=timeout)

    def _pages(
        self,
        method: Callable[[StudyServiceStub], Method[PagedRequest, PageResponse]],
        request: PagedRequest,
        entries: Callable[[PageResponse], Iterable[Entry]],
    ) -> Iterator[Entry]:
        while True:
            page = self._controllers.call(method, request)
            yield from entries(page)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
