"""Two controllers on one PostgreSQL and eight workers: the same laws."""

import signal
from pathlib import Path

import grpc
import pytest
from tests.laws import check_study
from tests.system.processes import free_port, noted, processes, wait_for_the_end
from tests.waiting import until

from progenitor.v1 import trial_pb2

STUDY = "studies/counting"


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_two_controllers_and_eight_workers_keep_the_laws_while_controllers_are_killed(
    tmp_path: Path, database_url: str
) -> None:
    ports = [free_port(), free_port()]
    with processes(tmp_path, COUNTING_ROUNDS="40000") as running:
        controllers = [running.controller(database_url, port) for port in ports]
        workers = [running.worker(f"w{number}", ports if number % 2 else ports[::-1]) for number in range(8)]
        until(lambda: len(noted(tmp_path)) >= 20, 60)
        controllers[0].send_signal(signal.SIGKILL)
        controllers[0].wait()
        until(lambda: len(noted(tmp_path)) >= 60, 60)
        running.controller(database_url, ports[0])
        with grpc.insecure_channel(f"127.0.0.1:{ports[1]}") as channel:
            wait_for_the_end(channel, STUDY, running)
            trials = check_study(channel, STUDY, tmp_path / "store")
        assert [worker.wait(60) for worker in workers] == [0] * 8, running.output()
    assert sum(trial.end_step == 40 for trial in trials) == 4
    assert all(trial.state == trial_pb2.TRIAL_STATE_COMPLETED for trial in trials)
    assert len({trial.worker.id for trial in trials}) > 1
