"""One slot of a worker, against the other side."""

import textwrap
from collections.abc import Callable
from pathlib import Path

from tests.waiting import until
from tests.worker_client.other_side import STUDY

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker.events import Event, SlotEnded, TrialEnded, TrialStarted
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Program

HEAD = """
import os, sys, time
from pathlib import Path
from progenitor import Double, Maximize, Session, Study
study = Study(metrics=[Maximize("score")], population_size=1, steps_per_trial=4, max_steps=8,
              parameters={"lr": Double(0.0, 1.0)})
"""
GOOD = """
def train(session, lr):
    for step in session.steps():
        session.report(score=lr * step)
    with session.checkpoint() as folder:
        (folder / "w").write_text(str(session.step))
"""
ENDLESS = """
def train(session, lr):
    for step in session.steps():
        time.sleep(0.001)
    with session.checkpoint() as folder:
        (folder / "w").write_text(str(session.step))
"""
COMPLETED = trial_pb2.OUTCOME_COMPLETED
FAILED = trial_pb2.OUTCOME_FAILED
RELEASED = trial_pb2.OUTCOME_RELEASED
STOPPED = trial_pb2.OUTCOME_STOPPED


class Worker:
    """One slot that trains `body`."""

    def __init__(
        self, folder: Path, body: str, address: str, *, grace: float = 30.0, command: str = ""
    ) -> None:
        source = folder / "user.py"
        source.write_text(HEAD + textwrap.dedent(body))
        self.told: list[Event] = []
        self.folder = folder
        options = WorkerOptions(
            program=Program(source, command),
            study=STUDY,
            spec=study_pb2.StudySpec(metrics=[study_pb2.MetricSpec(name="score")]),
            controllers=(address,),
            store=folder / "store",
            logs=folder / "logs",
            state=folder / "state",
            slots=1,
            grace=grace,
        )
        self.pool = WorkerPool(options, self.told.append)
        self.pool.start()

    def end(self) -> SlotEnded:
        until(lambda: self.pool.running == 0, 60)
        (ended,) = self.pool.ended
        return ended

    def started(self) -> None:
        """Waits until user code runs."""
        until(lambda: any(isinstance(event, TrialStarted) for event in self.told), 60)
        until((self.folder / "logs" / "uid" / "1.log").exists, 60)

    @property
    def outcomes(self) -> list[trial_pb2.Outcome.ValueType]:
        return [event.outcome for event in self.told if isinstance(event, TrialEnded)]


Work = Callable[..., Worker]


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""
