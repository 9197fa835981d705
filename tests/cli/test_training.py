"""Training goes on whatever becomes of one worker, of the view or of the controller that is asked about it."""

import io
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_cli.client import Client
from progenitor_cli.embedded import start_controller
from progenitor_cli.errors import Interrupted
from progenitor_cli.training.ending import Ending
from progenitor_cli.training.studies import joined
from progenitor_cli.training.training import Looks, follow, train, wish_of
from progenitor_cli.watching.plain_lines import Lines
from progenitor_cli.watching.view import view_for
from progenitor_controller.server import EmbeddedController
from progenitor_worker import pool as pool_module
from progenitor_worker.events import Event, SlotEnded, TrialStarted
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Program, TrainingProcess

from .place import Place, ended
from .test_serve_and_work import serve, stop

SLOW = "time.sleep(0.02)"
UNTIL_ASKED = """
        while step > 2 and not session.stopping:
            time.sleep(0.01)
            with Path(__file__).with_name("turns").open("a") as turns:
                turns.write(".")
        if session.stopping:
            Path(__file__).with_name("asked").touch()"""
"""A body that trains the first generation, and the second one until it is to save."""
LOADED_ONCE = """
loaded = Path(__file__).with_name("loaded")
if loaded.exists():
    raise RuntimeError("the camera is taken")
loaded.touch()
"""
"""Only the first process can load a file that ends like this: the first worker's."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A controller, a study of the file there, and what its workers here need."""

    controller: EmbeddedController
    client: Client
    study: study_pb2.Study
    options: WorkerOptions
    trainer: TrainingProcess


@contextmanager
def setting(source: Path, *, slots: int, grace: float = 30.0) -> Iterator[Setting]:
    folder = source.parent
    program = Program(source)
    trainer = TrainingProcess(program, {}, folder / "logs" / "trainer-0.log")
    try:
        with (
            start_controller(f"sqlite:///{folder}/d.db") as controller,
            Client(controller.address) as client,
        ):
            wish, _ = wish_of(trainer, source)
            study = joined(client, wish, print)
            options = WorkerOptions(
                program=program,
                study=study.name,
                spec=study.effective_spec,
                controllers=(controller.address,),
                store=folder / "store",
                logs=folder / "logs",
                state=folder / "state",
                slots=slots,
                grace=grace,
            )
            yield Setting(controller, client, study, options, trainer)
    finally:
        trainer.kill()


def turns(place: Place) -> int:
    file = place.path / "turns"
    return file.stat().st_size if file.exists() else 0


def test_a_worker_that_cannot_start_fails_no_run_that_another_completes(place: Place) -> None:
    file = place.train_file(steps=20, body=SLOW)
    file.write_text(file.read_text() + LOADED_ONCE)
    run = place.start("run", "train.py", "--workers", "2")
    assert run.stdout is not None
    while not (line := run.stdout.readline()).startswith("Worker 1 ended: "):
        assert run.poll() is None
    assert "the camera is taken" in line
    found = ended(run)
    assert found.code == 0, found.err
    assert "train is completed" in found.out
    assert "Worker 1 ended" not in found.out


def test_progress_is_shown_though_a_worker_ended_before_the_first_look(place: Place) -> None:
    file = place.train_file(population=1, steps=100, body=SLOW)
    file.write_text(file.read_text() + LOADED_ONCE)
    with setting(file, slots=2) as here:
        pool = WorkerPool(here.options, print, here.trainer)
        pool.start()
        until(lambda: pool.ended)
        assert pool.running == 1
        out = io.StringIO()
        looks = Looks(here.client, here.study.name, Lines(("score",), out), here.options.store)
        follow(looks, pool, threading.Event())
        assert pool.running == 0
        assert " completed, " in out.getvalue()
        assert here.client.get_study(here.study.name).state == study_pb2.STUDY_STATE_COMPLETED


def test_training_goes_on_while_its_status_is_refused(place: Place) -> None:
    with setting(place.train_file(steps=40, body=SLOW), slots=1) as here:
        pool = WorkerPool(here.options, print, here.trainer)
        pool.start()
        looks = Looks(here.client, "studies/another", Lines(("score",), io.StringIO()), here.options.store)
        follow(looks, pool, threading.Event())
        assert [slot.error for slot in pool.ended] == [""]
        assert here.client.get_study(here.study.name).state == study_pb2.STUDY_STATE_COMPLETED


@pytest.mark.parametrize("last", [TrialStarted, SlotEnded])
def test_workers_that_hang_are_not_waited_for_once_they_were_to_quit(
    place: Place, monkeypatch: pytest.MonkeyPatch, last: type[Event]
) -> None:
    monkeypatch.setattr(pool_module, "QUIT_PATIENCE", 0.1)
    gone_on = threading.Event()
    heard = threading.Event()

    def tell(event: Event) -> None:
        if isinstance(event, last):
            heard.set()
            gone_on.wait()

    with setting(place.train_file(population=1, steps=2), slots=1) as here:
        pool = WorkerPool(here.options, tell, here.trainer)
        pool.start()
        assert heard.wait(20)
        pool.quit()
        looks = Looks(here.client, here.study.name, Lines(("score",), io.StringIO()), here.options.store)
        follow(looks, pool, threading.Event())
        assert pool.running == 1
        gone_on.set()
        assert pool.join(20)


def test_trials_are_given_back_when_nobody_reads_the_progress_any_longer(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with setting(place.train_file(steps=40, body=UNTIL_ASKED), slots=2) as here, Ending() as ending:
        with io.TextIOWrapper(os.fdopen(writing, "wb", buffering=0), write_through=True) as closed:
            monkeypatch.setattr(sys, "stdout", closed)
            with pytest.raises(BrokenPipeError):
                train(here.client, here.study, here.options, here.trainer, ending=ending, to_stderr=False)
            monkeypatch.undo()
        assert not list(here.client.list_trials(here.study.name, [trial_pb2.TRIAL_STATE_RUNNING]))
        assert here.client.get_study(here.study.name).state == study_pb2.STUDY_STATE_ACTIVE


def test_nothing_is_said_to_be_saved_that_could_not_be_given_back(place: Place) -> None:
    file = place.train_file(population=1, steps=4, body=UNTIL_ASKED)
    with setting(file, slots=1, grace=1.0) as here, Ending() as ending:

        def lose_the_controller_and_end() -> None:
            until(lambda: turns(place))
            here.controller.close()
            os.kill(os.getpid(), signal.SIGTERM)

        thread = threading.Thread(target=lose_the_controller_and_end)
        thread.start()
        with pytest.raises(Interrupted, match="trial 2 could not be given back") as raised:
            train(here.client, here.study, here.options, here.trainer, ending=ending, to_stderr=False)
        thread.join()
    assert "is saved" not in str(raised.value)
    assert raised.value.exit_code == 143


def test_a_signal_is_passed_on_at_once_though_the_controller_hangs(place: Place) -> None:
    place.train_file(population=1, steps=4, body=UNTIL_ASKED)
    server, address = serve(place)
    worker = place.start("work", "train.py", "--controller", address, "--workers", "1")
    until(lambda: turns(place))
    server.send_signal(signal.SIGSTOP)
    before = turns(place)
    until(lambda: turns(place) > before + 300)  # long enough for a look at the status to hang
    worker.send_signal(signal.SIGTERM)
    until((place.path / "asked").exists, deadline=8.0)
    server.send_signal(signal.SIGCONT)
    found = ended(worker)
    assert found.code == 143
    assert "what was trained is saved" in found.err
    assert not place.trials("train", trial_pb2.TRIAL_STATE_RUNNING)
    stop(server)


def test_workers_end_well_though_the_controller_that_they_began_with_is_gone(place: Place) -> None:
    place.train_file(population=2, steps=160, body=SLOW)
    database = f"sqlite:///{place.path}/d.db"
    (first, gone), (second, stays) = (serve(place, "--database", database) for _ in range(2))
    worker = place.start("work", "train.py", "--controller", f"{gone},{stays}", "--workers", "2")
    assert worker.stdout is not None
    while " completed, " not in worker.stdout.readline():
        assert worker.poll() is None
    first.send_signal(signal.SIGKILL)
    ended(first)
    found = ended(worker)
    assert found.code == 0, found.err
    assert "train is completed" in found.out
    assert found.out.count("cannot be told") == found.out.count("answers again") == 1
    stop(second)


def test_without_a_terminal_no_trials_are_followed(place: Place) -> None:
    with setting(place.train_file(), slots=1) as here:
        assert isinstance(view_for(here.client, here.study, to_stderr=False), Lines)
        assert "watcher" not in {thread.name for thread in threading.enumerate()}


def test_in_a_terminal_the_members_are_shown(place: Place) -> None:
    place.train_file(steps=20, body=SLOW)
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "progenitor_cli", "run", "train.py", "--workers", "1"],
        cwd=place.path,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "TERM": "xterm", "COLUMNS": "160", "LINES": "40"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = "".join(read_all(ours))
    assert run.wait(10) == 0, shown
    assert "generation" in shown
    assert "completed (" in shown
    assert "train is completed" in shown


def read_all(terminal: int) -> Iterator[str]:
    """Until the other end is closed, which Linux tells as an error."""
    with os.fdopen(terminal, "rb", buffering=0) as stream:
        while True:
            try:
                part = stream.read(4096)
            except OSError:
                return
            if not part:
                return
            yield part.decode(errors="replace")
