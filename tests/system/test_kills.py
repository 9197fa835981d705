"""Whatever is killed, the study ends as it must."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from tests.laws import FINAL, check_study, every_measurement, every_trial
from tests.system.processes import Processes, free_port, noted, processes, wait_for_the_end
from tests.waiting import until

from progenitor.v1 import trial_pb2
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

STUDY = "studies/counting"
STEPS = 4 * 40
SQLITE = "sqlite:///study.db"
"""What a worker does is the same whatever the controller stores it in."""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Processes]:
    with processes(tmp_path) as started:
        yield started


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def channel(port: int) -> Iterator[grpc.Channel]:
    options = [("grpc.max_reconnect_backoff_ms", 500)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as opened:
        yield opened


def trained(folder: Path, steps: int) -> Callable[[], bool]:
    return lambda: len(noted(folder)) >= steps


def kill(process: object) -> None:
    process.send_signal(signal.SIGKILL)  # type: ignore[attr-defined]  # a Popen of bytes
    process.wait()  # type: ignore[attr-defined]  # likewise


def test_a_controller_that_is_killed_and_started_again_loses_nothing(
    running: Processes, port: int, channel: grpc.Channel, database_url: str
) -> None:
    running.environment = {**running.environment, "COUNTING_ROUNDS": "100000"}  # steps that outlast a kill
    controller = running.controller(database_url, port)
    running.worker("a", [port])
    running.worker("b", [port])
    for steps in (25, 85):  # no multiple of ten: then some trial is under way
        until(trained(running.folder, steps), 60)
        kill(controller)
        until(
            trained(running.folder, len(noted(running.folder)) + 1), 60
        )  # training goes on without a controller
        controller = running.controller(database_url, port)
    wait_for_the_end(channel, STUDY, running)
    trials = check_study(channel, STUDY, running.folder / "store")
    assert all(trial.failures == 0 for trial in trials)
    studies = StudyServiceStub(channel)
    for trial in trials:
        assert trial.state == trial_pb2.TRIAL_STATE_COMPLETED
        measured = every_measurement(studies, trial.name)
        assert [m.step for m in measured] == [trial.end_step], "no measurement is lost"
    assert sum(trial.end_step == 40 for trial in trials) == 4


def test_a_trial_of_a_killed_worker_is_finished_by_another_and_is_no_failure(
    running: Processes, port: int, channel: grpc.Channel
) -> None:
    running.controller(SQLITE, port)
    victim = running.worker("victim", [port])
    until(trained(running.folder, 15), 60)
    kill(victim)
    (before,) = [t for t in every_trial(StudyServiceStub(channel), STUDY) if t.state not in FINAL]
    running.worker("heir", [port])
    wait_for_the_end(channel, STUDY, running)
    after = {t.name: t for t in check_study(channel, STUDY, running.folder / "store")}[before.name]
    assert (after.seed, after.parameters, after.member) == (before.seed, before.parameters, before.member)
    assert (after.preemptions, after.failures) == (1, 0)
    assert after.state == trial_pb2.TRIAL_STATE_COMPLETED
    assert after.worker.id.startswith("heir")


def test_a_worker_that_is_asked_to_end_saves_and_no_step_is_trained_twice(
    running: Processes, port: int, channel: grpc.Channel
) -> None:
    running.controller(SQLITE, port)
    for number, steps in enumerate((13, 47, 95)):
        leaving = running.worker(f"w{number}", [port])
        until(trained(running.folder, steps), 60)
        leaving.send_signal(signal.SIGTERM)
        assert leaving.wait(30) in (0, 143), running.output()
    running.worker("last", [port])
    wait_for_the_end(channel, STUDY, running)
    trials = check_study(channel, STUDY, running.folder / "store")
    assert max(Counter(noted(running.folder)).values()) == 1
    assert 1 <= sum(trial.preemptions for trial in trials) <= 3
    assert all(trial.failures == 0 for trial in trials)


def test_a_worker_that_comes_back_under_its_name_goes_on_with_its_trial(
    running: Processes, port: int, channel: grpc.Channel
) -> None:
    running.environment = {**running.environment, "COUNTING_LEASE": "600"}
    running.controller(SQLITE, port)
    first = running.worker("same", [port])
    until(trained(running.folder, 15), 60)
    kill(first)
    running.worker("same", [port])
    wait_for_the_end(channel, STUDY, running)
    trials = check_study(channel, STUDY, running.folder / "store")
    assert sum(trial.preemptions for trial in trials) == 1


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[int, int], tuple[object, ...]]:
    return digests_after(tmp_path_factory.mktemp("undisturbed"), SQLITE, kills=())


def test_training_under_kills_ends_with_the_same_checkpoints_digest_for_digest(
    tmp_path: Path, database_url: str, undisturbed: dict[tuple[int, int], tuple[object, ...]]
) -> None:
    """With one worker: what was decided and trained does not depend on what was killed on the way."""
    assert digests_after(tmp_path, database_url, kills=(8, 33, 51, 78, 102)) == undisturbed


def digests_after(
    folder: Path, database: str, kills: tuple[int, ...]
) -> dict[tuple[int, int], tuple[object, ...]]:
    """By place and generation: parent, hyperparameters and the final checkpoint's digest."""
    port = free_port()
    with (
        processes(folder) as running,
        grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.max_reconnect_backoff_ms", 500)]) as channel,
    ):
        controller, worker = running.controller(database, port), running.worker("only", [port])
        for number, steps in enumerate(kills):
            until(trained(folder, steps), 60)
            kill(worker)
            if number % 2:
                kill(controller)
                controller = running.controller(database, port)
            worker = running.worker("only", [port])
        wait_for_the_end(channel, STUDY, running)
        trials = check_study(channel, STUDY, folder / "store")
        assert sum(trial.preemptions for trial in trials) == len(kills)
    place = {trial.name: (trial.member, trial.generation) for trial in trials}
    return {
        place[t.name]: (place.get(t.parent), t.parameters["lr"].double_value, t.checkpoint.digest)
        for t in trials
    }
