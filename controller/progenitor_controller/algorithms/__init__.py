"""Decisions: who is copied, how hyperparameters change, what is stopped early.

Pure functions of the effective specification and of stored trials. No clock, no socket, no database, no
global random state: the same stored trials, read in any order, give the same decision in every process.
"""

from .begin import begin
from .drafts import initial
from .fitness import fitness, is_pareto
from .history import History
from .migration import source_of
from .population import ENDED, Place, Reproduction, controls, populations
from .reproduction import alone, decide
from .schedule import given_start, has_failed, is_scheduled, next_trial, planned_steps
from .stopping import fittest

__all__ = [
    "ENDED",
    "History",
    "Place",
    "Reproduction",
    "alone",
    "begin",
    "controls",
    "decide",
    "fitness",
    "fittest",
    "given_start",
    "has_failed",
    "initial",
    "is_pareto",
    "is_scheduled",
    "next_trial",
    "planned_steps",
    "populations",
    "source_of",
]
