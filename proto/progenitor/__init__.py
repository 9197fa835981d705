"""The names that a user's training file imports, handed on from `progenitor_worker` when first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from progenitor_worker import *  # noqa: F403  (what a type checker sees is what __getattr__ hands on)


def __getattr__(name: str) -> Any:
    worker = import_module("progenitor_worker")
    if name == "__all__" or name in worker.__all__:  # the former for `from progenitor import *`
        return getattr(worker, name)
    raise AttributeError(f"module 'progenitor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(import_module("progenitor_worker").__all__)
