"""A lineage's schedule, written to a file and trained again without a service: the same weights come out."""

import json
from pathlib import Path

import pytest

import progenitor
from progenitor_cli.calls.names import short
from progenitor_cli.client import Client
from progenitor_cli.lookup import connected
from progenitor_worker.user_code import load

from .place import Place

SEEDED = "score += __import__('random').Random(session.seed + step).random() * lr"
"""Depends on the seed and the hyperparameters, on nothing else."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("finished"))
    place.train_file(population=4, steps=12, body=SEEDED)
    assert place.run("run", "train.py").code == 0
    return place


def digests(client: Client, trial: str) -> list[str]:
    return [ancestor.checkpoint.digest for ancestor in client.list_lineage(trial)]


def test_a_schedule_trained_as_one_run_has_the_studys_checkpoints(finished: Place, tmp_path: Path) -> None:
    train = load(finished.path / "train.py").train
    assert train is not None
    written = finished.run("lineage", "--schedule", "schedule.json")
    assert (written.code, written.err.splitlines()[-1]) == (
        0,
        "schedule.json is the schedule: progenitor.run_schedule trains it.",
    )
    whole = progenitor.run_schedule(train, finished.path / "schedule.json", tmp_path / "whole")
    with connected(None, None, finished.folder) as client:
        best = client.get_study_status("train").best_trial
        assert [session.digest for session in whole.sessions] == digests(client, best.name)
        assert whole.differing == ()
        assert (whole.step, whole.score) == (12, dict(best.measurement.metrics))


def test_every_trial_has_a_schedule(finished: Place, tmp_path: Path) -> None:
    train = load(finished.path / "train.py").train
    assert train is not None
    with connected(None, None, finished.folder) as client:
        for trial in client.list_trials("train"):
            schedule = client.schedule(trial.name)
            assert schedule.trial == trial.name
            assert schedule.sessions[-1].end_step == trial.end_step
            whole = progenitor.run_schedule(train, schedule, tmp_path / short(trial.name))
            assert [session.digest for session in whole.sessions] == digests(client, trial.name)


def test_standard_output_is_the_same_with_a_file_beside_it(finished: Place) -> None:
    beside = finished.run("lineage", "train/5", "--json", "--schedule", "five.json")
    assert beside.lines == finished.run("lineage", "train/5", "--json").lines
    sessions = json.loads((finished.path / "five.json").read_text())["sessions"]
    assert [session["seed"] for session in sessions] == [trial["seed"] for trial in beside.lines]


def test_a_file_that_cannot_be_written_is_an_error_and_none_is_left(finished: Place) -> None:
    refused = finished.run("lineage", "--schedule", "nowhere/schedule.json")
    assert (refused.code, refused.out) == (1, "")
    assert "nowhere/schedule.json cannot be written" in refused.err
