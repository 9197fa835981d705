"""Whether the user's functions fit the study is known before anything runs."""

from collections.abc import Iterator
from typing import Any

import pytest

from progenitor_worker.signature import arguments_for, check_evaluate, check_train


def exact(session: Any, lr: float, width: int) -> None: ...
def everything(session: Any, **parameters: Any) -> None: ...
def by_keyword(session: Any, *, lr: float, width: int) -> None: ...
def with_default(session: Any, lr: float, width: int, epochs: int = 3) -> None: ...
def no_session() -> None: ...
def too_few(session: Any, lr: float) -> None: ...
def too_many(session: Any, lr: float, width: int, depth: int) -> None: ...
def positional(session: Any, lr: float, width: int, /) -> None: ...


@pytest.mark.parametrize("train", [exact, everything, by_keyword, with_default])
def test_a_signature_that_fits_has_no_problem(train: Any) -> None:
    assert check_train(train, ["lr", "width"]) == []


@pytest.mark.parametrize(
    ("train", "told"),
    [(no_session, "session"), (too_few, "'width'"), (too_many, "'depth'"), (positional, "remove the /")],
)
def test_a_signature_that_does_not_fit_is_told_with_what_to_change(train: Any, told: str) -> None:
    (problem,) = check_train(train, ["lr", "width"])
    assert told in problem


def test_evaluate_takes_the_parameters_that_it_names() -> None:
    def evaluate(checkpoint: Any, width: int) -> None: ...
    def demanding(checkpoint: Any, depth: int) -> None: ...

    assert check_evaluate(evaluate, ["lr", "width"]) == []
    assert arguments_for(evaluate, {"lr": 0.1, "width": 3}) == {"width": 3}
    assert arguments_for(everything, {"lr": 0.1, "width": 3}) == {"lr": 0.1, "width": 3}
    (problem,) = check_evaluate(demanding, ["lr", "width"])
    assert "'depth'" in problem


def test_a_parameter_called_like_the_first_argument_is_told_before_anything_runs() -> None:
    def train(rate: Any, **parameters: Any) -> None: ...
    def evaluate(rate: Any, **parameters: Any) -> None: ...
    def evaluate_without(rate: Any) -> None: ...

    (problem,) = check_train(train, ["rate", "width"])
    assert "'rate'" in problem
    (problem,) = check_evaluate(evaluate, ["rate", "width"])
    assert "'rate'" in problem
    assert check_evaluate(evaluate_without, ["rate"]) == []


def test_a_train_that_a_call_does_not_run_is_refused() -> None:
    async def waits(session: object, lr: float) -> None: ...

    def yields(session: object, lr: float) -> Iterator[int]:
        yield 1

    for train in (waits, yields):
        (problem,) = check_train(train, ["lr"])
        assert "plain def" in problem
