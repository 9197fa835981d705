"""Controllers and workers as real processes, which are really killed."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from tests.waiting import until

from progenitor.v1 import study_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

COUNTING = Path(__file__).with_name("counting.py")
PATIENCE = 90.0
"""Seconds for a small study to end, on a machine that does other things too."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Processes:
    """Starts commands in `folder` and ends whatever is left of them; what they print is kept in files there."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{arguments[0]}-{len(self.started)}.out"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "progenitor_cli", *arguments],
                cwd=self.folder,
                env=os.environ | self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.started.append(process)
        return process

    def controller(self, database: str, port: int) -> subprocess.Popen[bytes]:
        """A controller that answers."""
        process = self.start("serve", "--database", database, "--listen", f"127.0.0.1:{port}")

        def answers() -> bool:
            assert process.poll() is None, self.output()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        until(answers, 30)
        return process

    def worker(
        self, name: str, ports: Sequence[int], source: Path = COUNTING, workers: int = 1
    ) -> subprocess.Popen[bytes]:
        addresses = [part for port in ports for part in ("--controller", f"127.0.0.1:{port}")]
        store, state = self.folder / "store", self.folder / "state" / name
        return self.start(
            *("work", str(source), *addresses, "--name", name, "--workers", str(workers)),
            *("--store", str(store), "--state", str(state), "--logs", str(self.folder / "logs"), "--create"),
        )

    def output(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self.folder.glob("*.out")))

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def processes(folder: Path, **environment: str) -> Iterator[Processes]:
    running = Processes(folder, {"COUNTING_NOTES": str(folder / "notes"), **environment})
    try:
        yield running
    finally:
        running.end()


def state_of(channel: grpc.Channel, study: str) -> study_pb2.StudyState.ValueType:
    """UNSPECIFIED while the study does not exist or no controller answers."""
    try:
        found = StudyServiceStub(channel).GetStudy(
            pb.GetStudyRequest(name=study), wait_for_ready=True, timeout=30
        )
    except grpc.RpcError as error:
        if error.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE):
            return study_pb2.STUDY_STATE_UNSPECIFIED
        raise
    return found.study.state


def wait_for_the_end(channel: grpc.Channel, study: str, running: Processes) -> None:
    final = (study_pb2.STUDY_STATE_COMPLETED, study_pb2.STUDY_STATE_FAILED)
    try:
        until(lambda: state_of(channel, study) in final, PATIENCE)
    except AssertionError as error:
        raise AssertionError(running.output()) from error


def noted(folder: Path) -> list[tuple[int, int]]:
    """(trial's seed, step) of each step that was trained, in order."""
    path = folder / "notes"
    if not path.exists():
        return []
    lines = path.read_text().splitlines()
    return [(int(seed), int(step)) for seed, step in (line.split() for line in lines)]
