"""A study's progress, shown until it has ended, whoever trains it."""

import time
from contextlib import closing

from progenitor.v1 import study_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.states import ENDED
from ..calls.trial_watch import PATIENCE
from ..client import Client
from ..errors import ControllerUnreachable
from .view import view_for

STATUS_TIMEOUT = 5.0
"""Seconds that a look may take: the next one comes soon."""


def followed(client: Client, study: study_pb2.Study, patience: float = PATIENCE) -> None:
    """Its progress shown, in a terminal as a table. Raises ControllerUnreachable."""
    with closing(view_for(client, study, to_stderr=False)) as view:
        heard = time.monotonic()
        told = False
        while True:
            status = looked(client, study.name)
            if status is not None:
                heard = time.monotonic()
                view.show(status)
                if status.study.state in ENDED:
                    return
                if status.active_workers == 0 and not told:
                    told = True
                    view.say("No worker trains it now: `progenitor run FILE`, or `work`, goes on with it.")
            elif time.monotonic() > heard + patience:
                raise ControllerUnreachable(client.address, f"no answer for {patience:g} s")
            time.sleep(view.interval)


def looked(client: Client, study: str) -> pb.GetStudyStatusResponse | None:
    try:
        return client.get_study_status(study, timeout=STATUS_TIMEOUT)
    except ControllerUnreachable:
        return None
