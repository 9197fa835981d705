"""The names that a user's training file, program or notebook imports, handed on when first used.

A training file's come from `progenitor_worker`; those that ask about studies and train here from `progenitor_cli`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what a type checker sees is what __getattr__ hands on
    from progenitor_cli.api import *  # noqa: F403
    from progenitor_worker import *  # noqa: F403

PROGRAMS = frozenset(
    (
        "CallRefused",
        "Client",
        "ControllerUnreachable",
        "DataMissing",
        "FolderInUse",
        "Local",
        "NotWritten",
        "NothingToDraw",
        "PlotMissing",
        "ProgenitorError",
        "ServerMissing",
        "SpecDiffers",
        "StudyNotCompleted",
        "UnknownMetric",
        "UsageError",
        "local",
        "parameter_values",
        "plot_study",
    )
)
"""Named here too, so that nobody who asks for another name, as pickle does, loads what a training file never needs."""


def __getattr__(name: str) -> Any:
    if name == "__all__":  # for `from progenitor import *`, which is a training file's
        return import_module("progenitor_worker").__all__
    module = import_module("progenitor_cli.api" if name in PROGRAMS else "progenitor_worker")
    if name in module.__all__:
        return getattr(module, name)
    raise AttributeError(f"module 'progenitor' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*import_module("progenitor_worker").__all__, *PROGRAMS})
