"""A session's rules, in one process through `run_session`."""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from progenitor import CheckpointError, Session, SessionError, SessionResult, run_session


def train(session: Session, lr: float) -> None:
    """Deterministic; a chain of steps is the same in one session or in several."""
    weight = 0.0
    if session.warm_start:
        weight = json.loads((session.warm_start / "w.json").read_text())
    for step in session.steps():
        weight = weight * 0.5 + lr * step
    session.report(score=weight)
    with session.checkpoint() as folder:
        (folder / "w.json").write_text(json.dumps(weight))


def test_two_sessions_in_a_chain_equal_one_long_one(tmp_path: Path) -> None:
    long = run_session(train, tmp_path, steps=8, lr=0.1)
    first = run_session(train, tmp_path, steps=5, lr=0.1)
    second = run_session(train, tmp_path, steps=3, lr=0.1, warm_start=first)
    assert (first.step, second.step) == (5, 8)
    assert second.score == long.score
    assert second.checkpoint is not None
    assert long.checkpoint is not None
    assert (second.checkpoint / "w.json").read_bytes() == (long.checkpoint / "w.json").read_bytes()


def run(body: Callable[[Session], object], folder: Path, seed: int = 0) -> SessionResult:
    return run_session(body, folder, steps=4, seed=seed)


def test_hyperparameters_come_by_name_as_in_a_study(tmp_path: Path) -> None:
    came: list[str] = []

    def train(session: Session, **parameters: float) -> None:
        came.extend(parameters)
        session.advance(1)
        with session.checkpoint() as folder:
            (folder / "w").touch()

    run_session(train, tmp_path, steps=1, c=1.0, a=2.0, b=3.0)
    assert came == ["a", "b", "c"]


def test_steps_are_counted_along_the_lineage(tmp_path: Path) -> None:
    seen: list[int] = []

    def body(session: Session) -> None:
        assert (session.start_step, session.end_step, session.seed) == (0, 4, 9)
        seen.extend(session.steps())

    run(body, tmp_path, seed=9)
    assert seen == [1, 2, 3, 4]


def test_returning_early_unasked_is_an_error_that_names_both_steps(tmp_path: Path) -> None:
    def body(session: Session) -> None:
        for step in session.steps():
            if step == 3:
                return

    with pytest.raises(SessionError, match=r"step 3.* end step 4"):
        run(body, tmp_path)


def test_advance_serves_loops_of_others(tmp_path: Path) -> None:
    told: list[bool] = []

    def body(session: Session) -> None:
        told.extend(session.advance(2) for _ in range(2))

    assert run(body, tmp_path).step == 4
    assert told == [True, False]


def test_advancing_past_the_end_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="end step 4"):
        run(lambda session: session.advance(5), tmp_path)


def test_metrics_count_for_the_last_step_yielded_and_before_the_first_for_the_start(tmp_path: Path) -> None:
    def body(session: Session) -> None:
        session.report(score=0.5)
        for step in session.steps():
            session.report(score=float(step), loss=-step)

    result = run(body, tmp_path)
    assert result.metrics[0] == {"score": 0.5}
    assert result.metrics[4] == {"score": 4.0, "loss": -4.0}


def test_metrics_of_one_step_merge_and_another_value_is_an_error(tmp_path: Path) -> None:
    def body(session: Session) -> None:
        session.advance(4)
        session.report(score=1.0)
        session.report(score=1.0, loss=2.0)
        session.report(score=1.5)

    with pytest.raises(SessionError, match=r"score .*1\.0.* 1\.5.* step 4"):
        run(body, tmp_path)


def test_nan_is_kept_and_may_be_told_twice(tmp_path: Path) -> None:
    def body(session: Session) -> None:
        session.advance(4)
        for _ in range(2):
            session.report(score=math.nan)

    assert math.isnan(run(body, tmp_path).score["score"])


@pytest.mark.parametrize("value", ["high", None, [1.0, 2.0]])
def test_a_metric_must_be_a_number(tmp_path: Path, value: object) -> None:
    with pytest.raises(SessionError, match=r"score.*number"):
        run(lambda session: session.report(score=value), tmp_path)  # type: ignore[arg-type]  # wrong on purpose


def test_evaluate_gets_the_checkpoint_and_the_parameters_that_it_names(tmp_path: Path) -> None:
    def evaluate(checkpoint: Path, lr: float) -> dict[str, float]:
        return {"accuracy": json.loads((checkpoint / "w.json").read_text()) * lr}

    result = run_session(train, tmp_path, steps=2, evaluate=evaluate, lr=0.5)
    assert set(result.score) == {"score", "accuracy"}
    assert result.score["accuracy"] == result.score["score"] * 0.5


def test_what_evaluate_returned_stays_as_it_is(tmp_path: Path) -> None:
    kept: dict[str, object] = {"accuracy": "0.5"}
    result = run_session(train, tmp_path, steps=2, evaluate=lambda _: kept, lr=0.5)
    assert result.score["accuracy"] == 0.5
    assert kept == {"accuracy": "0.5"}


def test_evaluate_names_its_metrics(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="by name"):
        run_session(train, tmp_path, steps=2, evaluate=lambda _: {0: 0.5}, lr=0.5)


def test_a_session_may_go_on_from_a_folder_whose_name_says_its_step(tmp_path: Path) -> None:
    first = run_session(train, tmp_path, steps=5, lr=0.1)
    assert first.checkpoint is not None
    long = run_session(train, tmp_path, steps=8, lr=0.1)
    assert run_session(train, tmp_path, steps=3, lr=0.1, warm_start=first.checkpoint).score == long.score
    copy = shutil.copytree(first.checkpoint, tmp_path / "copy")
    second = run_session(train, tmp_path, steps=3, lr=0.1, warm_start=str(copy), start_step=5)
    assert (second.step, second.score) == (8, long.score)


def test_going_on_from_what_was_not_saved_is_an_error(tmp_path: Path) -> None:
    def body(session: Session) -> None:
        session.advance(4)

    nothing = run(body, tmp_path)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        run_session(body, tmp_path, steps=4, warm_start=nothing)
    with pytest.raises(CheckpointError, match="not in the store"):
        run_session(body, tmp_path, steps=4, warm_start=tmp_path / "nothing")


@pytest.mark.parametrize("steps", [0.5, "2", None])
def test_steps_advanced_are_whole_numbers(tmp_path: Path, steps: object) -> None:
    with pytest.raises(SessionError, match="whole number"):
        run(lambda session: session.advance(steps), tmp_path)  # type: ignore[arg-type]  # wrong on purpose
