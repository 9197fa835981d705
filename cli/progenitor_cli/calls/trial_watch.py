"""A study's trials as they change, read from one controller after another."""

import time
from collections.abc import Iterator

import grpc

from progenitor.v1 import study_pb2, trial_pb2

from ..errors import ControllerUnreachable
from .rpc import NOBODY, told
from .states import ENDED
from .study_calls import StudyCalls

LOOK = 5.0
"""Seconds after which one looks whether the study has ended without another change of a trial."""
LAST_LOOK = 0.5
"""Seconds for the changes of a study that has ended: they are all there."""
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

    def trials(self, client: StudyCalls) -> Iterator[trial_pb2.Trial]:
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

    def _answered(self, client: StudyCalls) -> study_pb2.Study:
        """Raises ControllerUnreachable when nobody has answered for as long as the patience lasts."""
        end = time.monotonic() + self._patience
        while True:
            try:
                return client.get_study(self._study)
            except ControllerUnreachable:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE)
