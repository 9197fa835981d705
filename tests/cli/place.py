"""A working directory in which `progenitor` runs as a user would run it."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from progenitor.v1 import trial_pb2
from progenitor_cli.lookup import connected
from progenitor_cli.text.wire_json import line

TRAIN = """
import json
import time
from pathlib import Path
from progenitor import Double, Integer, Maximize, Study, TruncationSelection

study = Study(
    metrics=[Maximize("score")],
    parameters={{"lr": Double(0.01, 1.0, log=True), "width": Integer(1, 9, immutable=True)}},
    population_size={population},
    steps_per_trial=2,
    max_steps={steps},
    seed=7,
    lease_duration=5,
    {more}
)


def train(session, lr, width):
    score = 0.0
    if session.warm_start:
        score = json.loads((session.warm_start / "state.json").read_text())
    for step in session.steps():
        score += lr * step
        {body}
    with session.checkpoint() as folder:
        (folder / "state.json").write_text(json.dumps(score))
    session.report(score=score)
"""


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def result(self) -> Any:
        """The one line that --json prints."""
        (line,) = self.out.splitlines()
        return json.loads(line)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(slots=True)
class Place:
    path: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, name: str, source: str) -> Path:
        file = self.path / name
        file.write_text(source)
        return file

    def train_file(
        self,
        name: str = "train.py",
        *,
        population: int = 3,
        steps: int = 6,
        body: str = "pass",
        more: str = "",
    ) -> Path:
        return self.write(name, TRAIN.format(population=population, steps=steps, body=body, more=more))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "progenitor_cli", *arguments],
            cwd=self.path,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments: str, timeout: float = 60.0) -> Ended:
        return ended(self.start(*arguments), timeout)

    def trials(self, study: str = "train", *states: trial_pb2.TrialState.ValueType) -> list[Any]:
        """As `progenitor trials --json` prints them, without the seconds that a process takes to start."""
        with connected(None, None, self.folder) as client:
            return [json.loads(line(trial)) for trial in client.list_trials(f"studies/{study}", states)]

    @property
    def folder(self) -> Path:
        return self.path / ".progenitor"


def ended(process: subprocess.Popen[str], timeout: float = 60.0) -> Ended:
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)
