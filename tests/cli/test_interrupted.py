"""Whoever ends a run, in whatever way, may run it again: it goes on."""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import until

from progenitor.v1 import trial_pb2
from progenitor_cli.lookup import connected

from .place import Place, ended

COMPLETED = trial_pb2.TRIAL_STATE_COMPLETED
RUNNING = trial_pb2.TRIAL_STATE_RUNNING
SLOW = "time.sleep(0.02)"
"""A step of the user's code, so that a run lasts long enough to be ended."""


def started(place: Place) -> None:
    """Waits until trials of the run that is under way are final and others are trained."""
    until((place.folder / "address").exists)

    def some() -> bool:
        states = {trial["state"] for trial in place.trials()}
        return {"TRIAL_STATE_COMPLETED", "TRIAL_STATE_RUNNING"} <= states

    with connected(None, None, place.folder) as client:
        until(lambda: list(client.list_studies()))
    until(some)


def children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def check_finished(place: Place, steps: int) -> list[Any]:
    """Every step of every member trained once, numbers without gaps."""
    trials = place.trials()
    assert [int(trial["name"].rpartition("/")[2]) for trial in trials] == list(range(1, len(trials) + 1))
    assert {trial["state"] for trial in trials} == {"TRIAL_STATE_COMPLETED"}
    assert max(trial["end_step"] for trial in trials) == steps
    places = Counter((trial["member"], trial["generation"]) for trial in trials)
    assert set(places.values()) == {1}
    return trials


def test_after_sigkill_its_workers_are_gone_and_the_same_command_goes_on(place: Place) -> None:
    place.train_file(steps=40, body=SLOW)
    run = place.start("run", "train.py", "--workers", "2")
    started(place)
    trainers = children(run.pid)
    assert len(trainers) >= 2
    os.kill(run.pid, signal.SIGKILL)
    ended(run)
    until(lambda: all(gone(pid) for pid in trainers), deadline=5.0)
    before = {trial["name"]: trial for trial in place.trials("train", COMPLETED)}
    assert before

    began = time.monotonic()
    again = place.start("run", "train.py", "--workers", "2", "--json")
    until((place.folder / "address").exists)
    until(lambda: len(place.trials("train", COMPLETED)) > len(before))
    assert time.monotonic() - began < 15.0
    found = ended(again)
    assert found.code == 0, found.err
    trials = {trial["name"]: trial for trial in check_finished(place, 40)}
    assert {name: trials[name] for name in before} == before
    assert sum(trial["failures"] for trial in trials.values()) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_what_is_trained_and_the_same_command_goes_on(
    place: Place, number: signal.Signals, code: int
) -> None:
    place.train_file(steps=40, body=f"{SLOW}; print('trained', session.seed, step)")
    run = place.start("run", "train.py", "--workers", "2", "--json")
    started(place)
    run.send_signal(number)
    found = ended(run)
    assert found.code == code
    assert not found.out
    assert "the same command goes on" in found.err
    assert "Traceback" not in found.err
    assert not (place.folder / "address").exists()
    assert not place.trials("train", RUNNING)

    assert place.run("run", "train.py", "--workers", "2").code == 0
    check_finished(place, 40)
    logs = "\n".join(log.read_text() for log in place.folder.glob("logs/*/*.log"))
    steps = Counter(line for line in logs.splitlines() if line.startswith("trained"))
    assert set(steps.values()) == {1}, "no step is trained twice"


def test_a_second_signal_ends_at_once(place: Place) -> None:
    place.train_file(steps=40, body="time.sleep(60) if step > 3 else None")
    run = place.start("run", "train.py", "--workers", "2")
    started(place)
    run.send_signal(signal.SIGINT)
    assert run.stdout is not None
    while "Ending" not in run.stdout.readline():
        assert run.poll() is None
    began = time.monotonic()
    run.send_signal(signal.SIGINT)
    assert ended(run).code == 130
    assert time.monotonic() - began < 5.0


def test_a_folder_is_held_by_one_run_which_others_may_ask(place: Place) -> None:
    place.train_file(steps=40, body=SLOW)
    run = place.start("run", "train.py", "--workers", "1")
    started(place)
    address = (place.folder / "address").read_text().strip()

    second = place.run("run", "train.py")
    assert second.code == 2
    assert f"process {run.pid}" in second.err
    assert address in second.err
    assert "--dir" in second.err

    (status,) = place.run("status", "--json").lines
    assert status["study"]["state"] == "STUDY_STATE_ACTIVE"
    assert status["active_workers"] == 1
    assert place.run("status", "--json", "--controller", address).lines[0]["study"] == status["study"]
    run.send_signal(signal.SIGTERM)
    assert ended(run).code == 143


def test_an_address_left_by_a_killed_run_is_not_believed(place: Place) -> None:
    place.train_file(population=1, steps=2)
    assert place.run("run", "train.py").code == 0
    (place.folder / "address").write_text("127.0.0.1:1\n")
    (place.folder / "lock").write_text(json.dumps({"pid": 1, "command": "run train.py"}))
    (status,) = place.run("status", "--json").lines
    assert status["study"]["state"] == "STUDY_STATE_COMPLETED"
    assert place.run("run", "train.py").code == 0
    assert not (place.folder / "address").exists()
