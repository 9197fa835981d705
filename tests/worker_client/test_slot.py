"""A worker always says how it ended."""

import threading
from pathlib import Path

import pytest

from progenitor.v1 import study_pb2
from progenitor_worker.controller import Controller, StudyGone, Superseded
from progenitor_worker.events import Event, SlotEnded
from progenitor_worker.place import Place
from progenitor_worker.pool import WorkerOptions
from progenitor_worker.process import Program
from progenitor_worker.slot import Slot


def test_a_worker_that_cannot_start_its_training_process_says_why_and_frees_its_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Here the folder for its logs is a file."""
    (tmp_path / "logs").touch()
    options = WorkerOptions(
        program=Program(tmp_path / "user.py"),
        study="studies/s",
        spec=study_pb2.StudySpec(),
        controllers=("127.0.0.1:1",),
        store=tmp_path / "store",
        logs=tmp_path / "logs",
        state=tmp_path / "state",
    )
    told: list[Event] = []
    Slot(
        options,
        Place.take(options.state, 0),
        Controller(options.controllers, on_lost=print, on_found=print),
        metrics=("score",),
        environment={},
        leaving=threading.Event(),
        quitting=threading.Event(),
        tell=told.append,
    ).run()
    (ended,) = told
    assert isinstance(ended, SlotEnded)
    assert "FileExistsError" in ended.error
    assert "ended unexpectedly" in caplog.text
    Place.take(options.state, 0).release()


@pytest.mark.parametrize("error", [Superseded(), StudyGone()])
def test_an_error_without_words_of_its_own_says_what_it_is(error: Exception) -> None:
    assert str(error) == type(error).__doc__
