"""A worker that speaks the contract's gRPC and nothing else, in a language that is not ours."""

import json
import signal
import subprocess
from functools import partial
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from tests import laws
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_cli.client import Client
from progenitor_cli.errors import CallRefused

from .programs import ROOT, Programs

LONG_TRIAL = Path(__file__).with_name("long_trial.mjs")
CONTRADICTION = Path(__file__).with_name("contradiction.mjs")
TRIALS = 40
"""Four members, ten trials each; more if one goes on from another that is behind it."""


def worker(
    programs: Programs, node_client: Path, address: str, name: str, pace: int = 0, store: str = "checkpoints"
) -> subprocess.Popen[str]:
    """`pace` are the milliseconds that a step takes at least."""
    main = node_client / "main.mjs"
    options = ("--controller", address, "--state", name, "--store", store, "--pace", str(pace))
    return programs.start("node", main, *options)


def checked(programs: Programs, address: str) -> list[trial_pb2.Trial]:
    with grpc.insecure_channel(address) as channel:
        return laws.check_study(channel, "studies/toy", programs.folder / "checkpoints")


def under_way(client: Client, number: int) -> trial_pb2.Trial | None:
    """The trial with this number or a later one that is being trained, and has come so far that it shows."""
    try:
        running = client.list_trials("toy", [trial_pb2.TRIAL_STATE_RUNNING])
        return next((trial for trial in running if laws.number_of(trial.name) >= number), None)
    except CallRefused:  # there is no study yet
        return None


def test_the_node_client_is_pinned_by_hashes_and_names_no_registry() -> None:
    folder = ROOT / "examples" / "any_language" / "node_client"
    lock = json.loads((folder / "package-lock.json").read_text())
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = {name: package for name, package in lock["packages"].items() if name}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in package and "resolved" not in package for package in locked.values())


def test_a_node_worker_completes_a_study_through_the_wire_alone(
    programs: Programs, node_client: Path
) -> None:
    address = programs.serve()
    (line,) = programs.ended(worker(programs, node_client, address, "ada")).splitlines()
    told = json.loads(line)
    trials = checked(programs, address)
    assert len(trials) >= TRIALS
    assert {trial.state for trial in trials} == {trial_pb2.TRIAL_STATE_COMPLETED}
    with Client(address) as client:
        best = next(client.list_best_trials("toy"))
    assert told["state"] == "STUDY_STATE_COMPLETED"
    assert told["best"]["name"] == best.name
    assert told["best"]["measurement"]["metrics"] == dict(best.measurement.metrics)


def test_two_node_workers_share_a_study(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    workers = [worker(programs, node_client, address, name, pace=10) for name in ("ada", "bob")]
    best = [json.loads(programs.ended(each))["best"]["name"] for each in workers]
    assert best[0] == best[1]
    trials = checked(programs, address)
    assert len(trials) >= TRIALS
    assert len({trial.worker.id for trial in trials}) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_node_worker_that_was_ended_goes_on_under_its_name(
    programs: Programs, node_client: Path, number: signal.Signals
) -> None:
    address = programs.serve()
    interrupted: list[str] = []
    with Client(address) as client:
        for least in (1, 6, 9):
            ended = worker(programs, node_client, address, "ada", pace=50)
            trial = until(partial(under_way, client, least), 60.0)
            ended.send_signal(number)
            ended.wait(60.0)
            leave_half_written(programs.folder / "checkpoints", trial)
            interrupted.append(trial.name)
        programs.ended(worker(programs, node_client, address, "ada"))
        (status,) = client.list_workers("toy")
    assert status.worker.incarnation == 4
    trials = {trial.name: trial for trial in checked(programs, address)}
    assert len(trials) >= TRIALS
    assert {trial.state for trial in trials.values()} == {trial_pb2.TRIAL_STATE_COMPLETED}
    assert [trials[name].preemptions for name in interrupted] == [1, 1, 1]
    assert not any(trial.failures for trial in trials.values())
    assert not list((programs.folder / "checkpoints").rglob(".staging-*"))


def leave_half_written(store: Path, trial: trial_pb2.Trial) -> None:
    """As a worker leaves it that ends while it saves."""
    holder = f"{trial.study_uid}/{laws.number_of(trial.name)}/{trial.lease.epoch}"
    staging = store / holder / ".staging-left"
    staging.mkdir(parents=True)
    (staging / "theta.json").write_text("[0.")


def test_a_node_worker_asked_to_go_saves_and_gives_its_trial_back(
    programs: Programs, node_client: Path
) -> None:
    address = programs.serve()
    ada = worker(programs, node_client, address, "ada", pace=50)
    with Client(address) as client:
        running = until(lambda: under_way(client, 1), 60.0)
        ada.send_signal(signal.SIGTERM)
        programs.ended(ada)
        given_back = client.get_trial(running.name)
    assert given_back.state == trial_pb2.TRIAL_STATE_PREEMPTED
    assert given_back.checkpoint.step == given_back.step < given_back.end_step
    programs.ended(worker(programs, node_client, address, "bob"))
    checked(programs, address)


def test_the_older_of_two_node_workers_under_one_name_ends(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    older = worker(programs, node_client, address, "ada", pace=50)
    with Client(address) as client:
        until(lambda: under_way(client, 1), 60.0)
    newer = worker(programs, node_client, address, "ada")
    programs.ended(newer)
    assert older.wait(60.0) == 1
    assert "this one must end" in programs.errors()
    checked(programs, address)


def test_a_node_worker_waits_for_its_controller(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    ada = worker(programs, node_client, f"127.0.0.1:1,{address}", "ada")
    programs.ended(ada)
    checked(programs, address)


def test_a_node_worker_ends_a_trial_that_is_to_stop(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    ada = worker(programs, node_client, address, "ada", pace=1000)
    with Client(address) as client:
        running = until(lambda: under_way(client, 1), 60.0)
        client.update_study("toy", budget=study_pb2.Budget(max_duration=Duration(nanos=1)))
        assert json.loads(programs.ended(ada))["state"] == "STUDY_STATE_COMPLETED"
        stopped = client.get_trial(running.name)
    assert stopped.state == trial_pb2.TRIAL_STATE_STOPPED
    assert stopped.checkpoint.step == stopped.step < stopped.end_step
    assert not stopped.preemptions
    checked(programs, address)


def test_a_node_worker_ends_with_a_study_that_is_cancelled(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    ada = worker(programs, node_client, address, "ada", pace=1000)
    with Client(address) as client:
        until(lambda: under_way(client, 1), 60.0)
        client.cancel_study("toy")
        told = json.loads(programs.ended(ada))
    assert told == {"study": "studies/toy", "state": "STUDY_STATE_CANCELLED", "best": None}
    checked(programs, address)


def test_a_trial_whose_report_is_refused_has_failed(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    state = programs.run("node", CONTRADICTION, node_client, address).strip()
    assert state == "STUDY_STATE_FAILED"
    with Client(address) as client:
        trials = list(client.list_trials("contradiction"))
    assert {trial.state for trial in trials} == {trial_pb2.TRIAL_STATE_FAILED}
    assert "has q=1.0 at step 1 already, 2.0 was reported now" in trials[0].failure_message


def test_a_trial_that_lasts_longer_than_its_lease_stays_with_its_worker(
    programs: Programs, node_client: Path
) -> None:
    address = programs.serve()
    states = json.loads(programs.run("node", LONG_TRIAL, node_client, address))
    assert states == ["STUDY_STATE_COMPLETED", "STUDY_STATE_COMPLETED"]
    with Client(address) as client:
        (trial,) = client.list_trials("long")
    assert (trial.preemptions, trial.lease.epoch) == (0, 1)
    assert trial.end_time.ToNanoseconds() - trial.start_time.ToNanoseconds() > 4e9


def test_a_node_worker_with_another_store_ends_at_no_cost(programs: Programs, node_client: Path) -> None:
    address = programs.serve()
    ada = worker(programs, node_client, address, "ada", pace=20)
    with Client(address) as client:
        until(lambda: under_way(client, 5), 60.0)
    elsewhere = worker(programs, node_client, address, "bob", store="elsewhere")
    assert elsewhere.wait(60.0) == 1
    assert "the same --store as the others" in programs.errors()
    programs.ended(ada)
    trials = checked(programs, address)
    assert sum(trial.preemptions for trial in trials) == 1
    assert not any(trial.failures for trial in trials)
