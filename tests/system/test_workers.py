"""What a worker does with training code that is slow, stubborn, stopped or taken away."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
from tests.laws import check_study, every_measurement, every_trial
from tests.system.processes import COUNTING, Processes, free_port, noted, processes, wait_for_the_end
from tests.waiting import until

from progenitor.v1 import trial_pb2
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

STUBBORN = Path(__file__).with_name("stubborn.py")
STUDY = "studies/stubborn"
COMPLETED, STOPPED = trial_pb2.TRIAL_STATE_COMPLETED, trial_pb2.TRIAL_STATE_STOPPED


@contextlib.contextmanager
def stubborn(folder: Path, how: str, members: int = 1) -> Iterator[tuple[Processes, int, grpc.Channel]]:
    """A controller for a study of that kind."""
    port = free_port()
    environment = {"STUBBORN": how, "STUBBORN_MEMBERS": str(members), "STUBBORN_SIGNS": str(folder)}
    with processes(folder, **environment) as running, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        running.controller("sqlite:///study.db", port)
        yield running, port, channel


def test_leases_are_renewed_while_training_holds_the_interpreter(tmp_path: Path) -> None:
    with stubborn(tmp_path, "holds the interpreter") as (running, port, channel):
        running.worker("w", [port], STUBBORN)
        wait_for_the_end(channel, STUDY, running)
        (trial,) = check_study(channel, STUDY, tmp_path / "store")
    assert (trial.state, trial.preemptions, trial.failures) == (COMPLETED, 0, 0)
    assert trial.timing.train.seconds + trial.timing.restore.seconds >= 2


def test_evaluation_runs_in_a_process_of_its_own_before_a_trial_is_completed(tmp_path: Path) -> None:
    with stubborn(tmp_path, "evaluated") as (running, port, channel):
        running.worker("w", [port], STUBBORN)
        wait_for_the_end(channel, STUDY, running)
        trials = check_study(channel, STUDY, tmp_path / "store")
        studies = StudyServiceStub(channel)
        measured = [every_measurement(studies, trial.name) for trial in trials]
    assert [t.state for t in trials] == [COMPLETED, COMPLETED]
    assert [[m.step for m in found] for found in measured] == [[4], [8]]
    evaluators = {found[0].metrics["process"] for found in measured}
    assert len(evaluators) == 1, "the process is kept for the next trial"
    assert all(trial.HasField("timing") for trial in trials)


def test_a_worse_trial_is_stopped_early_and_saves(tmp_path: Path) -> None:
    with stubborn(tmp_path, "median", members=2) as (running, port, channel):
        running.worker("w", [port], STUBBORN, workers=2)
        wait_for_the_end(channel, STUDY, running)
        trials = check_study(channel, STUDY, tmp_path / "store")
    states = sorted(trial.state for trial in trials)
    assert states == [COMPLETED, STOPPED]
    (stopped,) = [trial for trial in trials if trial.state == STOPPED]
    assert stopped.checkpoint.step == stopped.step == 2


def test_the_target_stops_the_trials_that_still_run(tmp_path: Path) -> None:
    with stubborn(tmp_path, "target", members=2) as (running, port, channel):
        running.worker("w", [port], STUBBORN, workers=2)
        wait_for_the_end(channel, STUDY, running)
        trials = check_study(channel, STUDY, tmp_path / "store")
    assert COMPLETED in [trial.state for trial in trials]
    assert {trial.state for trial in trials} <= {COMPLETED, STOPPED}


def test_a_worker_that_slept_through_its_lease_abandons_the_trial_that_another_finished(
    tmp_path: Path,
) -> None:
    with stubborn(tmp_path, "zombie") as (running, port, channel):
        sleeper = running.worker("sleeper", [port], STUBBORN)
        until(lambda: list(tmp_path.glob("began-*")), 60)
        sleeper.send_signal(signal.SIGSTOP)
        running.worker("heir", [port], STUBBORN)
        studies = StudyServiceStub(channel)
        until(lambda: [t for t in every_trial(studies, STUDY) if t.worker.id.startswith("heir")], 60)
        (tmp_path / "go on").touch()
        wait_for_the_end(channel, STUDY, running)
        (before,) = check_study(channel, STUDY, tmp_path / "store")
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait(60) == 0, running.output()
        (after,) = check_study(channel, STUDY, tmp_path / "store")
    assert after == before
    assert (after.preemptions, after.failures) == (1, 0)
    assert after.worker.id.startswith("heir")


def test_a_worker_that_does_not_see_the_checkpoints_gives_back_and_ends_and_nothing_has_failed(
    tmp_path: Path,
) -> None:
    port = free_port()
    with processes(tmp_path) as running, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        running.controller("sqlite:///study.db", port)
        first = running.worker("first", [port])
        until(lambda: len(noted(tmp_path)) >= 45, 60)
        first.send_signal(signal.SIGTERM)
        first.wait(60)
        elsewhere = running.start(
            *(
                "work",
                str(COUNTING),
                "--controller",
                f"127.0.0.1:{port}",
                "--name",
                "second",
                "--workers",
                "1",
            ),
            *(
                "--store",
                str(tmp_path / "other"),
                "--state",
                str(tmp_path / "state2"),
                "--logs",
                str(tmp_path / "l"),
            ),
        )
        assert elsewhere.wait(60) == 1
        assert "--store" in running.output()
        running.worker("third", [port])
        wait_for_the_end(channel, "studies/counting", running)
        trials = check_study(channel, "studies/counting", tmp_path / "store")
    assert all(trial.failures == 0 for trial in trials)
