"""The logs of trials: what the user's code printed, in a file for each trial on the machine that trained it."""

import sys
import time
from pathlib import Path
from typing import BinaryIO

from progenitor.v1 import trial_pb2

from ..calls.names import short
from ..calls.states import FINAL
from ..client import Client
from ..errors import ProgenitorError

INTERVAL = 0.2
"""Seconds between two looks at a log that grows."""
STATE_INTERVAL = 1.0
"""Seconds between two questions whether its trial has ended."""
BLOCK = 1 << 16


def found_log(client: Client, folder: Path, name: str, *, wait: bool) -> Path:
    """Where the trial's log is, once it is there if one may `wait`; raises ProgenitorError if there is none."""
    trial = client.get_trial(name)
    path = folder / trial.study_uid / f"{short(name)}.log"
    while not path.exists():
        if not wait or trial.state in FINAL:
            raise ProgenitorError(missing(trial, folder))
        time.sleep(STATE_INTERVAL)
        trial = client.get_trial(name)
    return path


def missing(trial: trial_pb2.Trial, folder: Path) -> str:
    if trial.state == trial_pb2.TRIAL_STATE_PENDING:
        return f"{trial.name} has no log yet: it waits for a worker."
    where = f" It was trained on {trial.worker.host} by {trial.worker.id}." if trial.worker.host else ""
    return f"{folder} has no log of {trial.name}.{where} --logs names another folder of logs."


def printed(path: Path) -> None:
    with path.open("rb") as log:
        copied(log)
    sys.stdout.buffer.flush()


def followed(client: Client, log: BinaryIO, name: str) -> None:
    """From where it stands, until the trial has ended, and all of its log then."""
    ask = 0.0
    ended = False
    while True:
        copied(log)
        sys.stdout.buffer.flush()
        if ended:
            return
        time.sleep(INTERVAL)
        if time.monotonic() >= ask:
            ask = time.monotonic() + STATE_INTERVAL
            ended = client.get_trial(name).state in FINAL


def copied(log: BinaryIO) -> None:
    while block := log.read(BLOCK):
        sys.stdout.buffer.write(block)
