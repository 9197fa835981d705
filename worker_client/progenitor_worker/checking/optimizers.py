"""The hyperparameters of the optimizers that are alive in this process, whichever library they are of.

No library is imported: one that was not loaded has no optimizers. Another one is an entry in LIBRARIES.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Setting = float | str
Settings = Mapping[str, Setting]
"""Hyperparameters by the library's names."""


@dataclass(frozen=True, slots=True)
class Library:
    """Where a library's class of optimizers is, how one is read, and how a user sets it after loading.

    An optimizer has one Settings for each of its groups of weights.
    """

    module: str
    kind: str
    read: Callable[[Any], Iterable[Settings]]
    advice: str


@dataclass(frozen=True, slots=True)
class Optimizer:
    """What was seen of one."""

    name: str
    groups: tuple[Settings, ...]
    advice: str


def settings(pairs: Mapping[str, object]) -> Settings:
    """What is a number or a text; a pair of betas is two numbers."""
    betas = pairs.get("betas")
    if isinstance(betas, tuple | list) and len(betas) == 2:
        pairs = {**pairs, "beta1": betas[0], "beta2": betas[1]}
    found = {name: setting(value) for name, value in pairs.items()}
    return {name: value for name, value in found.items() if value is not None}


def setting(value: object) -> Setting | None:
    """None for what is neither a number nor a text; tensors and arrays of one number are numbers."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | bytes) or callable(value):
        return None
    try:
        return float(value)  # type: ignore[arg-type]  # numbers of every library: float says which it takes
    except Exception:  # noqa: BLE001  whatever a library's object raises: it is no number
        return None


def of_torch(optimizer: Any) -> Iterator[Settings]:
    for group in optimizer.param_groups:
        yield settings({name: value for name, value in group.items() if name not in ("params", "initial_lr")})


def of_scikit_learn(estimator: Any) -> Iterator[Settings]:
    """A network that is trained in parts keeps an optimizer that set_params does not reach."""
    yield settings(estimator.get_params(deep=False))
    inner = getattr(estimator, "_optimizer", None)
    if inner is not None:
        yield settings({"learning_rate_init": getattr(inner, "learning_rate_init", None)})


def of_keras(optimizer: Any) -> Iterator[Settings]:
    yield settings(optimizer.get_config())


LIBRARIES = (
    Library(
        "torch.optim",
        "Optimizer",
        of_torch,
        "optimizer.load_state_dict brings the parent's hyperparameters back. Set them after loading: "
        'for group in optimizer.param_groups: group["{setting}"] = {name}',
    ),
    Library(
        "sklearn.base",
        "BaseEstimator",
        of_scikit_learn,
        "A loaded estimator has the parent's hyperparameters, and what partial_fit keeps has them too. Make a new "
        "estimator with {setting}={name} and give it the saved coef_ and intercept_",
    ),
    Library(
        "keras.optimizers",
        "Optimizer",
        of_keras,
        "A loaded model has the parent's optimizer. Set it after loading: model.optimizer.{setting} = {name}",
    ),
)


class OptimizerWatch:
    """Looks at the optimizers of one session: those that were there before it began are another's."""

    def __init__(self) -> None:
        gc.collect()
        self._before = [optimizer for optimizer, _ in alive()]  # kept: an id is given again to another object
        self._known = {id(optimizer) for optimizer in self._before}
        self._seen: dict[int, tuple[Any, Optimizer]] = {}

    def look(self) -> None:
        """What was seen last counts."""
        for optimizer, library in alive():
            if id(optimizer) in self._known:
                continue
            try:
                groups = tuple(library.read(optimizer))
            except Exception:  # noqa: BLE001, S112  one that is not yet whole
                continue
            seen = Optimizer(type(optimizer).__name__, groups, library.advice)
            self._seen[id(optimizer)] = (optimizer, seen)

    def seen(self) -> tuple[Optimizer, ...]:
        """Lets go of the optimizers themselves."""
        found = tuple(optimizer for _, optimizer in self._seen.values())
        self._before.clear()
        self._seen.clear()
        return found


def alive() -> list[tuple[Any, Library]]:
    classes = [(library, kind) for library in LIBRARIES if (kind := class_of(library)) is not None]
    if not classes:
        return []
    known: dict[type, Library | None] = {}  # there are many objects, of few types
    found = []
    for thing in gc.get_objects():
        kind = type(thing)
        if kind not in known:
            known[kind] = next((library for library, of in classes if issubclass(kind, of)), None)
        library = known[kind]
        if library is not None:
            found.append((thing, library))
    return found


def class_of(library: Library) -> type | None:
    """None while nobody has imported the library."""
    kind = getattr(sys.modules.get(library.module), library.kind, None)
    return kind if isinstance(kind, type) else None
