"""Every example trains as a user would run it."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from progenitor import run_session

from .trained import EXAMPLES, FOLDER, WITH_PYTORCH, Example, best_of


def test_every_example_is_tested() -> None:
    files = {entry.name for entry in FOLDER.iterdir() if entry.suffix == ".py"}
    folders = {entry.name for entry in FOLDER.iterdir() if entry.is_dir() and entry.name != "__pycache__"}
    tests = FOLDER.parent / "tests"
    assert files == {example.file for example in (*EXAMPLES, *WITH_PYTORCH)}
    assert {name for name in folders if not list((tests / name).glob("test_*.py"))} == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.file)
def test_an_example_trains_better_than_nothing(example: Example, tmp_path: Path) -> None:
    best = best_of(example, tmp_path)
    assert example.better(best["metrics"][example.metric], example.untrained)
    assert any(Path(best["checkpoint"]).iterdir())


@pytest.mark.parametrize(
    ("file", "parameters"),
    [
        ("gan_or_rl.py", {"lr": 0.1, "sigma": 0.1}),
        ("sklearn_sgd.py", {"lr": 0.1, "alpha": 1e-3}),
    ],
)
def test_sessions_in_a_row_are_as_good_as_one(file: str, parameters: dict[str, Any], tmp_path: Path) -> None:
    train = runpy.run_path(str(FOLDER / file))["train"]
    whole = run_session(train, tmp_path, steps=2, seed=5, **parameters)
    half = run_session(train, tmp_path, steps=1, seed=5, **parameters)
    rest = run_session(train, tmp_path, steps=1, seed=5, warm_start=half, **parameters)
    assert rest.score == whole.score
