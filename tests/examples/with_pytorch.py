"""As test_examples.py, for examples that need PyTorch: `make test-pytorch` installs it and names this file."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from progenitor import run_session

from .trained import FOLDER, WITH_PYTORCH, Example, best_of

PARAMETERS: dict[str, Any] = {"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-4}


@pytest.mark.parametrize("example", WITH_PYTORCH, ids=lambda example: example.file)
def test_an_example_trains_better_than_nothing(example: Example, tmp_path: Path) -> None:
    best = best_of(example, tmp_path)
    assert example.better(best["metrics"][example.metric], example.untrained)
    assert sorted(entry.name for entry in Path(best["checkpoint"]).iterdir()) == [
        "model.safetensors",
        "optimizer.pt",
    ]


def test_sessions_in_a_row_are_as_good_as_one(tmp_path: Path) -> None:
    train = runpy.run_path(str(FOLDER / "pytorch.py"))["train"]
    whole = run_session(train, tmp_path, steps=2, seed=5, **PARAMETERS)
    half = run_session(train, tmp_path, steps=1, seed=5, **PARAMETERS)
    rest = run_session(train, tmp_path, steps=1, seed=5, warm_start=half, **PARAMETERS)
    assert rest.score == whole.score


def test_a_warm_start_trains_with_its_own_learning_rate_not_its_parents(tmp_path: Path) -> None:
    train = runpy.run_path(str(FOLDER / "pytorch.py"))["train"]
    parent = run_session(train, tmp_path, steps=1, **PARAMETERS)
    child = run_session(train, tmp_path, steps=1, warm_start=parent, **(PARAMETERS | {"lr": 0.0}))
    assert child.score == parent.score


def test_a_warm_start_is_scored_before_its_first_step(tmp_path: Path) -> None:
    train = runpy.run_path(str(FOLDER / "pytorch.py"))["train"]
    parent = run_session(train, tmp_path, steps=1, **PARAMETERS)
    child = run_session(train, tmp_path, steps=1, warm_start=parent, **PARAMETERS)
    assert child.metrics[1] == parent.score
    assert child.score["loss"] < parent.score["loss"]
