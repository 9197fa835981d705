"""The names that programs and notebooks import from `progenitor`, beside those of a training file."""

from .client import Client
from .errors import CallRefused, CliError, ControllerUnreachable
from .plot import plot_study
from .text.wording import parameter_values
from .training.local import Local, local

__all__ = [
    "CallRefused",
    "CliError",
    "Client",
    "ControllerUnreachable",
    "Local",
    "local",
    "parameter_values",
    "plot_study",
]
