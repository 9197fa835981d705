"""Training code in JavaScript and in the shell, run by `progenitor run --command`."""

import json
import os
import re
import shutil
import signal
import statistics
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tests import laws
from tests.waiting import until

from progenitor.v1 import trial_pb2
from progenitor_controller.server import EmbeddedController

from .programs import ROOT, Programs

COMMANDS = {"node": ("node", "train.mjs"), "shell": ("sh", "train.sh")}
NEVER = 10**9
"""A step that nobody reaches."""


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """With the examples' files in the test's folder."""
    for file in (ROOT / "examples" / "any_language").glob("*.*"):
        if file.is_file():
            shutil.copy(file, tmp_path)
    return COMMANDS[request.param]


def shorten(study: Path) -> None:
    """The study of the example with three members, which train 300 steps each."""
    source, changes = re.subn(r"population_size=8|max_steps=2_000", shorter, study.read_text())
    assert changes == 2
    study.write_text(source)


def shorter(found: re.Match[str]) -> str:
    return {"population_size=8": "population_size=3", "max_steps=2_000": "max_steps=300, seed=7"}[found[0]]


def trained(folder: Path) -> list[trial_pb2.Trial]:
    database = folder / ".progenitor" / "progenitor.db"
    with (
        EmbeddedController(f"sqlite:///{database}") as controller,
        grpc.insecure_channel(controller.address) as channel,
    ):
        return laws.check_study(channel, "studies/study", folder / ".progenitor" / "checkpoints")


def test_a_command_trains_the_population_of_the_example(programs: Programs, command: tuple[str, ...]) -> None:
    shorten(programs.folder / "study.py")
    result = programs.ended(programs.progenitor("run", "study.py", "--command", " ".join(command), "--json"))
    trials = trained(programs.folder)
    assert len(trials) >= 9
    assert {trial.state for trial in trials} == {trial_pb2.TRIAL_STATE_COMPLETED}
    first = statistics.median(t.measurement.metrics["loss"] for t in trials if t.generation == 0)
    assert json.loads(result)["best"]["metrics"]["loss"] < first


def test_an_interrupted_trial_trains_as_if_it_was_not(programs: Programs, command: tuple[str, ...]) -> None:
    first = Trial(programs.folder / "first", end=NEVER)
    running = programs.start(*command, **first.environment())
    until(lambda: (first.folder / "metrics").stat().st_size, 60.0)
    os.killpg(running.pid, signal.SIGTERM)
    programs.ended(running)
    reached = int((first.folder / "step").read_text())
    assert 0 < first.steps()[-1] <= reached < NEVER

    end = reached + 70
    second = Trial(programs.folder / "second", start=reached, end=end, warm_start=first.checkpoint)
    programs.run(*command, **second.environment())
    whole = Trial(programs.folder / "whole", end=end)
    programs.run(*command, **whole.environment())
    assert int((second.folder / "step").read_text()) == second.steps()[-1] == end
    assert second.saved() == whole.saved() != first.saved()


class Trial:
    """What `--command` tells of a trial, in a folder of the trial's own."""

    def __init__(self, folder: Path, *, end: int, start: int = 0, warm_start: Path | None = None) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint"
        self._start, self._end, self._warm_start = start, end, warm_start
        self.checkpoint.mkdir(parents=True)
        (folder / "metrics").touch()
        (folder / "parameters.json").write_text('{"lr": 0.05}')

    def environment(self) -> dict[str, str]:
        return {
            "PROGENITOR_PARAMETERS": str(self.folder / "parameters.json"),
            "PROGENITOR_WARM_START": str(self._warm_start or ""),
            "PROGENITOR_CHECKPOINT": str(self.checkpoint),
            "PROGENITOR_START_STEP": str(self._start),
            "PROGENITOR_END_STEP": str(self._end),
            "PROGENITOR_SEED": str(2**31 - 1),
            "PROGENITOR_METRICS": str(self.folder / "metrics"),
            "PROGENITOR_STEP": str(self.folder / "step"),
        }

    def steps(self) -> list[int]:
        return [json.loads(line)["step"] for line in (self.folder / "metrics").read_text().splitlines()]

    def saved(self) -> dict[str, bytes]:
        return dict(self._files())

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for file in self.checkpoint.iterdir():
            yield file.name, file.read_bytes()
