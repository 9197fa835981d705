"""The names that a user's training file, program or notebook imports, handed on when first used.

A training file's come from `progenitor_worker`; those that ask about studies and train here from `progenitor_cli`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what a type checker sees is what __getattr__ hands on
    from progenitor_cli.api import *  # noqa: F403
    from progenitor_worker import *  # noqa: F403

SOURCES = ("progenitor_worker", "progenitor_cli.api")


def __getattr__(name: str) -> Any:
    if name == "__all__":  # for `from progenitor import *`
        return __dir__()
    for source in SOURCES:
        module = import_module(source)
        if name in module.__all__:
            return getattr(module, name)
    raise AttributeError(f"module 'progenitor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(name for source in SOURCES for name in import_module(source).__all__)
