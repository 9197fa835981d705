"""Decisions: who is copied, how hyperparameters change, what is stopped early.

Pure functions of the effective specification and of stored trials. No clock, no socket, no database, no
global random state: the same stored trials, read in any order, give the same decision in every process.
"""

from .drafts import initial
from .fitness import fitness
from .population import Population, Reproduction
from .reproduction import alone, decide
from .stopping import should_stop
from .window import Generations, NewestOfMembers, Nobody, Window, window

__all__ = [
    "Generations",
    "NewestOfMembers",
    "Nobody",
    "Population",
    "Reproduction",
    "Window",
    "alone",
    "decide",
    "fitness",
    "initial",
    "should_stop",
    "window",
]
