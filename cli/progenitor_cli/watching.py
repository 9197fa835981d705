"""A study's progress, shown until it has ended, whoever trains it."""

import time
from contextlib import closing

from progenitor.v1 import study_pb2

from .client import Client
from .errors import ControllerUnreachable
from .states import ENDED
from .view import view_for

STATUS_TIMEOUT = 5.0
"""Seconds that a look may take: the next one comes soon."""


def followed(client: Client, study: study_pb2.Study) -> None:
    """A controller that goes away is waited for."""
    with closing(view_for(client, study, to_stderr=False)) as view:
        lost = False
        while True:
            try:
                status = client.get_study_status(study.name, timeout=STATUS_TIMEOUT)
            except ControllerUnreachable:
                if not lost:
                    view.say("The controller does not answer. Still watching.")
                lost = True
            else:
                if lost:
                    view.say("The controller answers again.")
                lost = False
                view.show(status)
                if status.study.state in ENDED:
                    return
            time.sleep(view.interval)
