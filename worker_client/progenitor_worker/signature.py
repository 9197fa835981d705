"""Whether the user's functions take what the study has: known before anything runs."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import TypeVar

Value = TypeVar("Value")

NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)

NOT_RUN_BY_A_CALL = (
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
)


def check_train(train: Callable[..., object], parameters: Sequence[str]) -> list[str]:
    """What to change so that `train(session, …)` takes exactly the study's parameters by name."""
    if any(kind(train) for kind in NOT_RUN_BY_A_CALL):
        return ["train is a coroutine or a generator, of which a call runs nothing: write a plain def"]
    problems, takes_all, named, required = _taken("train", "session", train)
    problems += _clash("train", train, parameters)
    if problems:
        return problems
    unknown = [name for name in required if name not in parameters]
    if unknown:
        problems.append(
            f"train wants {_list(unknown)}, which the study does not have: add it to the study's parameters, "
            "remove it from train, or give it a default"
        )
    missing = [name for name in parameters if name not in named]
    if missing and not takes_all:
        problems.append(
            f"train does not take the study's parameters {_list(missing)}: write "
            f"def train(session, {', '.join(parameters)}), or def train(session, **parameters)"
        )
    return problems


def check_evaluate(evaluate: Callable[..., object], parameters: Sequence[str]) -> list[str]:
    """What to change so that `evaluate(checkpoint, …)` can be called; it takes those parameters that it names."""
    problems, takes_all, _, required = _taken("evaluate", "checkpoint", evaluate)
    if takes_all:
        problems += _clash("evaluate", evaluate, parameters)
    unknown = [name for name in required if name not in parameters]
    if unknown and not problems:
        problems.append(f"evaluate wants {_list(unknown)}, which the study does not have")
    return problems


def arguments_for(function: Callable[..., object], parameters: Mapping[str, Value]) -> dict[str, Value]:
    """Those parameters that a function takes by name."""
    _, takes_all, named, _ = _taken("", "", function)
    return {name: value for name, value in parameters.items() if takes_all or name in named}


def _taken(
    name: str, first: str, function: Callable[..., object]
) -> tuple[list[str], bool, list[str], list[str]]:
    """Problems, whether it takes any name, the names it takes after the first argument, those without a default."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return [], True, [], []  # built in: it tells when it is called
    takes_all = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in found)
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in found[:1]):
        return [], takes_all, [p.name for p in found if p.kind in NAMED], []
    if not found or found[0].kind not in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
        return (
            [f"{name} must take the {first} as its first argument: def {name}({first}, …)"],
            takes_all,
            [],
            [],
        )
    rest = found[1:]
    positional = [parameter.name for parameter in rest if parameter.kind is Parameter.POSITIONAL_ONLY]
    if positional:
        told = f"{name} must take {_list(positional)} by name: remove the / from its signature"
        return [told], takes_all, [], []
    named = [parameter for parameter in rest if parameter.kind in NAMED]
    required = [parameter.name for parameter in named if parameter.default is Parameter.empty]
    return [], takes_all, [parameter.name for parameter in named], required


def _clash(name: str, function: Callable[..., object], parameters: Sequence[str]) -> list[str]:
    """The first argument is given by position: a parameter of its name would be given twice."""
    try:
        first = next(iter(inspect.signature(function).parameters.values()), None)
    except (TypeError, ValueError):
        return []  # built in: it tells when it is called
    if first is None or first.kind is not Parameter.POSITIONAL_OR_KEYWORD or first.name not in parameters:
        return []
    return [
        f"the first argument of {name} is called {first.name!r}, like a parameter of the study: rename one"
    ]


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
