"""A study followed until it has ended, whoever trains it."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import grpc

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from .errors import ControllerUnreachable
from .rpc import NOBODY, told
from .states import ENDED

if TYPE_CHECKING:
    from .client import Client

LOOK = 5.0
"""Seconds after which one looks whether the study has ended without another change of a trial."""
LAST_LOOK = 0.5
"""Seconds for the changes of a study that has ended: they are all there."""
STATUS_TIMEOUT = 5.0
"""Seconds that a look may take: the next one comes soon."""
PAUSE = 0.5
"""Seconds before a controller that does not answer is asked again."""
PATIENCE = 60.0
"""Seconds that a controller which has gone away is waited for."""


class TrialWatch:
    """A study's trials as they change. Taken up again, also with another client, it goes on where it was."""

    def __init__(self, study: str, patience: float = PATIENCE) -> None:
        self._study = study
        self._patience = patience
        self._token = ""

    def trials(self, client: "Client") -> Iterator[trial_pb2.Trial]:
        """Those there are and each that changes, in its newest state, until the study has ended."""
        state = client.get_study(self._study).state
        while True:
            ended = state in ENDED
            try:
                for response in client.stream(self._study, self._token, LAST_LOOK if ended else LOOK):
                    yield from response.trials
                    self._token = response.resume_token
                    if not ended and self._answered(client).state in ENDED:
                        break
            except grpc.RpcError as error:
                if error.code() not in NOBODY:
                    raise told(error, client.address) from error
            if ended:
                return
            state = self._answered(client).state

    def _answered(self, client: "Client") -> study_pb2.Study:
        """Raises ControllerUnreachable when nobody has answered for as long as the patience lasts."""
        end = time.monotonic() + self._patience
        while True:
            try:
                return client.get_study(self._study)
            except ControllerUnreachable:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE)


def followed(client: "Client", study: study_pb2.Study, patience: float = PATIENCE) -> None:
    """Its progress shown, in a terminal as a table. Raises ControllerUnreachable."""
    from .view import view_for

    with closing(view_for(client, study, to_stderr=False)) as view:
        heard = time.monotonic()
        while True:
            status = looked(client, study.name)
            if status is not None:
                heard = time.monotonic()
                view.show(status)
                if status.study.state in ENDED:
                    return
            elif time.monotonic() > heard + patience:
                raise ControllerUnreachable(client.address, f"no answer for {patience:g} s")
            time.sleep(view.interval)


def looked(client: "Client", study: str) -> pb.GetStudyStatusResponse | None:
    try:
        return client.get_study_status(study, timeout=STATUS_TIMEOUT)
    except ControllerUnreachable:
        return None
