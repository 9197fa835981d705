"""A replay by real workers that are killed on the way: the same checkpoints, digest for digest."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from tests.laws import every_trial
from tests.system.processes import COUNTING, Processes, free_port, noted, processes, wait_for_the_end
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

STUDY, REPLAY = "studies/counting", "studies/again"
DATABASE = "sqlite:///study.db"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as started:
        yield started


@contextlib.contextmanager
def channel_to(port: int) -> Iterator[grpc.Channel]:
    options = [("grpc.max_reconnect_backoff_ms", 500)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as opened:
        yield opened


def worker(running: Processes, name: str, port: int, study: str) -> subprocess.Popen[bytes]:
    return running.start(
        *("work", str(COUNTING), "--study", study.rpartition("/")[2], "--workers", "1", "--name", name),
        *("--controller", f"127.0.0.1:{port}", "--store", str(running.folder / "store")),
        *("--state", str(running.folder / "state" / name), "--logs", str(running.folder / "logs")),
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def trained_steps(running: Processes, steps: int) -> None:
    until(lambda: len(noted(running.folder)) >= steps, 60)


def digests(channel: grpc.Channel, study: str) -> dict[str, str]:
    """By the name of the trial, or of that which it repeats."""
    trials = every_trial(StudyServiceStub(channel), study)
    assert all(trial.state == trial_pb2.TRIAL_STATE_COMPLETED for trial in trials)
    return {trial.replays or trial.name: trial.checkpoint.digest for trial in trials}


def test_a_replay_under_kills_comes_to_the_same_checkpoints(running: Processes) -> None:
    port = free_port()
    controller = running.controller(DATABASE, port)
    with channel_to(port) as channel:
        studies = StudyServiceStub(channel)
        running.worker("first", [port])
        running.worker("second", [port])
        wait_for_the_end(channel, STUDY, running)
        original = every_trial(studies, STUDY)
        newest = [trial.name for trial in original if trial.end_step == 40]
        spec = study_pb2.StudySpec(replay=study_pb2.Replay(trials=newest), lease_duration=Duration(seconds=2))
        made = studies.CreateStudy(pb.CreateStudyRequest(study_id="again", spec=spec)).study
        steps = len(noted(running.folder))
        team = {name: worker(running, name, port, REPLAY) for name in ("third", "fourth")}
        for number, name in enumerate(("third", "fourth", "third")):
            steps += 17
            trained_steps(running, steps)
            kill(team[name])
            if number == 1:
                kill(controller)
                controller = running.controller(DATABASE, port)
            team[name] = worker(running, name, port, REPLAY)
        wait_for_the_end(channel, REPLAY, running)
        again = digests(channel, REPLAY)
        assert len(again) == len(made.effective_spec.replay.closure)
        assert again.items() <= digests(channel, STUDY).items()
        assert sum(trial.preemptions for trial in every_trial(studies, REPLAY)) >= 1
        found = studies.GetStudy(pb.GetStudyRequest(name=REPLAY)).study
        assert found.state_message == f"all {len(again)} checkpoints are the replayed ones, digest for digest"
