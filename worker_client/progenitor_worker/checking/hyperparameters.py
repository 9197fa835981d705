"""Whether new hyperparameters reach the optimizer: loading its state may bring the parent's back."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ..session import Value
from .contrast import Contrast
from .findings import Finding, failed, passed, unseen
from .optimizers import Optimizer, Setting

CHECK = "hyperparameters"
CLOSE = 1e-5
"""Relative: libraries keep 32 bits of a number."""
NAMES = (
    {"lr", "learning_rate", "learning_rate_init", "eta0", "eta", "step_size"},
    {"weight_decay", "wd", "l2", "alpha"},
    {"momentum"},
    {"beta1", "beta_1", "b1"},
    {"beta2", "beta_2", "b2"},
    {"eps", "epsilon"},
)
"""What is called differently in different libraries."""


@dataclass(frozen=True, slots=True)
class Stale:
    """An optimizer that has the parent's value of a hyperparameter, under the name `setting`."""

    parameter: str
    optimizer: Optimizer
    setting: str
    value: Setting

    def told(self, contrast: Contrast) -> str:
        return (
            f"the second session's {self.optimizer.name} has {self.setting} {shown(self.value)}, its parent's, and "
            f"not its own {self.parameter} {shown(contrast.second[self.parameter])}"
        )


def advice(stale: list[Stale]) -> str:
    """Of the first one; the others are set likewise."""
    first, *others = stale
    told = first.optimizer.advice.format(setting=first.setting, name=first.parameter)
    return f"{told} (and {', '.join(entry.parameter for entry in others)} likewise)" if others else told


def check_hyperparameters(contrast: Contrast, optimizers: tuple[Optimizer, ...]) -> Finding:
    """`optimizers` are the second session's."""
    changed = contrast.changed
    if not changed:
        return unseen(CHECK, "no hyperparameter can change: whether a new one arrives cannot be seen")
    if not optimizers:
        return unseen(
            CHECK,
            f"no optimizer of PyTorch, scikit-learn or Keras was seen: whether {', '.join(changed)} "
            f"{'arrive' if len(changed) > 1 else 'arrives'} after a warm start cannot be told",
        )
    stale, reached, mixed = [], [], []
    for name in changed:
        late = list(stale_in(name, contrast, optimizers))
        there = [optimizer for optimizer in optimizers if has(optimizer, name, contrast.second[name])]
        if not late and there:
            reached.append(name)
        elif late and all(optimizer in [entry.optimizer for entry in late] for optimizer in there):
            stale += late[:1]
        elif late:
            mixed.append(name)
    if stale:
        return failed(CHECK, "; ".join(entry.told(contrast) for entry in stale), advice(stale))
    return summary(changed, reached, mixed, optimizers)


def summary(
    changed: tuple[str, ...], reached: list[str], mixed: list[str], optimizers: tuple[Optimizer, ...]
) -> Finding:
    kinds = ", ".join(sorted({optimizer.name for optimizer in optimizers}))
    if mixed:
        return unseen(
            CHECK,
            f"of {kinds}, one has the new {mixed[0]} and another its parent's: whether both train cannot be told",
        )
    if not reached:
        return unseen(
            CHECK,
            f"none of {', '.join(changed)} is a number that {kinds} has: whether they arrive cannot be told "
            "(a schedule on top of them, or another use, is no mistake)",
        )
    others = [name for name in changed if name not in reached]
    also = f" (not seen: {', '.join(others)})" if others else ""
    return passed(CHECK, f"after a warm start {kinds} has the new {', '.join(reached)}{also}")


def stale_in(name: str, contrast: Contrast, optimizers: Iterable[Optimizer]) -> Iterable[Stale]:
    """What has the first value of this hyperparameter, and the second value of none that is called like it."""
    new = [contrast.second[other] for other in contrast.changed if same_kind(name, other)]
    for optimizer in optimizers:
        for group in optimizer.groups:
            for setting, value in group.items():
                old = same_kind(name, setting) and equal(value, contrast.first[name])
                if old and not any(equal(value, other) for other in new):
                    yield Stale(name, optimizer, setting, value)


def has(optimizer: Optimizer, name: str, wanted: Value) -> bool:
    return any(
        same_kind(name, setting) and equal(value, wanted)
        for group in optimizer.groups
        for setting, value in group.items()
    )


def same_kind(one: str, other: str) -> bool:
    return one == other or bool(kinds_of(one) & kinds_of(other))


def kinds_of(name: str) -> set[int]:
    """By the whole name, or by a part of it: actor_lr is a learning rate."""
    padded = f"_{name.lower()}_"
    return {place for place, names in enumerate(NAMES) if any(f"_{known}_" in padded for known in names)}


def equal(value: Setting, wanted: Value) -> bool:
    if isinstance(value, str) or isinstance(wanted, str):
        return value == wanted
    return math.isclose(value, wanted, rel_tol=CLOSE)


def shown(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
