"""The names that programs and notebooks import from `progenitor`, beside those of a training file."""

from .calls.values import parameter_values
from .client import Client
from .errors import (
    CallRefused,
    ControllerUnreachable,
    DataMissing,
    FolderInUse,
    NothingToDraw,
    NotWritten,
    PlotMissing,
    ProgenitorError,
    ServerMissing,
    SpecDiffers,
    StudyNotCompleted,
    UnknownMetric,
    UsageError,
)
from .plot import plot_study
from .training.local import Local, local

__all__ = [
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
]
