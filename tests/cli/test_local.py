"""progenitor.local: a controller and workers in the process of a program or a notebook."""

import subprocess
import sys
import threading

import pytest
from tests.waiting import until

import progenitor
from progenitor.v1 import study_pb2

from .place import Place


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(place.path)
    return place


def test_a_program_trains_asks_and_goes_on(here: Place) -> None:
    here.train_file(steps=4)
    with progenitor.local() as controller:
        study = controller.train("train.py", workers=1)
        assert study.state == study_pb2.STUDY_STATE_COMPLETED
        best = next(controller.list_best_trials("train"))
        assert (controller.checkpoint(best) / "state.json").exists()
        assert len(controller.to_dataframe("train")) == len(list(controller.list_trials("train")))
        budget = study_pb2.Budget(max_steps=6)
        assert controller.update_study("train", budget=budget).state == study_pb2.STUDY_STATE_ACTIVE
        assert controller.train("train.py", study="train", workers=1).spec.budget.max_steps == 6
        assert max(trial.end_step for trial in controller.list_trials("train")) == 6
    assert here.run("status").code == 0, "the command line finds what the program did"


def test_a_study_described_in_a_program_is_created_as_it_is(here: Place) -> None:
    described = progenitor.Study(
        metrics=[progenitor.Minimize("loss")],
        parameters={"lr": progenitor.Double(0.1, 1.0)},
        population_size=2,
        steps_per_trial=1,
        max_steps=2,
    )
    with progenitor.local("elsewhere") as controller:
        assert controller.create_study("mine", described).spec == described.spec()
        with pytest.raises(progenitor.CallRefused, match="mine"):
            controller.create_study("mine", described)


def test_one_process_at_a_time_holds_a_folder(here: Place) -> None:
    with progenitor.local() as controller:
        refused = here.run("run", str(here.train_file()))
        assert refused.code == 2
        assert controller.address in refused.err
        with pytest.raises(progenitor.ProgenitorError, match="in use"), progenitor.local():
            pass
    with progenitor.local():
        pass


def test_a_failed_study_is_an_error_with_its_reason(here: Place) -> None:
    here.train_file(population=1, body="raise ValueError('no')", more="max_failures_per_trial=1,")
    with progenitor.local() as controller:
        with pytest.raises(progenitor.StudyNotCompleted, match="ValueError: no"):
            controller.train("train.py", workers=1)
        with pytest.raises(ValueError, match="at least one worker"):
            controller.train("train.py", fresh=True, workers=0)


HEEDLESS = """Path(__file__).with_name(f"training-{session.seed}").touch()
        while not session.stopping:
            time.sleep(0.005)
        Path(__file__).with_name(f"asked-{session.seed}").touch()
        time.sleep(600)"""
"""It is asked to end, and does not."""
LOADS_FOR_EVER = """
for sign in ("loading-1", "loading-2"):
    Path(__file__).with_name(sign).touch()
time.sleep(600)
"""
INTERRUPTED = """
import os, signal, sys, threading
import progenitor
from pathlib import Path

def until(condition):
    while not condition():
        threading.Event().wait(0.01)

def interrupt():
    for sign in sys.argv[1:]:
        until(lambda: len(list(Path().glob(f"{sign}-*"))) == 2)
        os.kill(os.getpid(), signal.SIGINT)

with progenitor.local() as here:
    interrupting = threading.Thread(target=interrupt)
    try:
        interrupting.start()
        here.train("train.py", workers=2)
    except KeyboardInterrupt:
        print("interrupted")
    interrupting.join()
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    mine = [c for c in children if "progenitor_worker" in Path(f"/proc/{c}/cmdline").read_text()]
    print(len(mine), sorted(t.name for t in threading.enumerate() if t.name.rpartition("-")[2].isdigit()))
"""
"""Sends itself an interrupt as soon as there are two of each sign that it is called with."""


def interrupted(here: Place, *signs: str) -> None:
    program = here.write("program.py", INTERRUPTED)
    ran = subprocess.run(
        [sys.executable, str(program), *signs],
        cwd=here.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.stdout.splitlines()[-2:] == ["interrupted", "0 []"], ran.stdout + ran.stderr


def test_after_a_second_interrupt_nothing_is_left_of_the_training(here: Place) -> None:
    here.train_file(population=2, body=HEEDLESS)
    interrupted(here, "training", "asked")


def test_after_an_interrupt_nothing_is_left_of_a_file_that_is_loading(here: Place) -> None:
    file = here.train_file()
    file.write_text(file.read_text() + LOADS_FOR_EVER)
    interrupted(here, "loading")


def test_what_is_trained_is_saved_at_an_interrupt(here: Place) -> None:
    here.train_file(population=2, steps=4, body=HEEDLESS.replace("time.sleep(600)", "pass"))
    interrupted(here, "training")
    released = here.trials("train")
    assert [trial["state"] for trial in released] == ["TRIAL_STATE_PREEMPTED"] * 2
    assert [trial["checkpoint"]["step"] for trial in released] == [1, 1]


def test_a_watch_in_a_program_ends_with_the_study(here: Place) -> None:
    here.train_file(steps=20, body="time.sleep(0.01)")
    with progenitor.local() as controller:
        training = threading.Thread(target=controller.train, args=("train.py",), kwargs={"workers": 2})
        training.start()
        with progenitor.Client(controller.address) as client:
            until(lambda: list(client.list_studies()))
            newest = {trial.name: trial for trial in client.watch_trials("train")}
        training.join()
        assert newest == {trial.name: trial for trial in controller.list_trials("train")}


def test_what_nobody_answers_is_an_error_that_names_the_address() -> None:
    with progenitor.Client("127.0.0.1:1") as client:
        with pytest.raises(progenitor.ControllerUnreachable, match=r"127\.0\.0\.1:1"):
            client.get_study("train")
        with pytest.raises(progenitor.ProgenitorError, match="STUDY/NUMBER"):
            client.get_trial("seven")
    with pytest.raises(progenitor.UsageError, match="addresses"):
        progenitor.Client()


def test_it_may_be_closed_instead(here: Place) -> None:
    controller = progenitor.local()
    assert list(controller.list_studies()) == []
    controller.close()
    with progenitor.local():
        pass
