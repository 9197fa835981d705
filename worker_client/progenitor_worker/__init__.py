"""What runs beside the user's training code: the names that a training file imports, and the worker itself."""

from .domains import Categorical, Discrete, Double, Integer
from .options import (
    BinaryTournamentSelection,
    InitialMember,
    InitiatorSelection,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    NoSelection,
    RandomSearch,
    TruncationSelection,
)
from .run_session import SessionResult, run_session
from .session import Session, SessionError
from .store import CheckpointError
from .study import Study

__all__ = [
    "BinaryTournamentSelection",
    "Categorical",
    "CheckpointError",
    "Discrete",
    "Double",
    "InitialMember",
    "InitiatorSelection",
    "Integer",
    "Maximize",
    "MedianStopping",
    "Minimize",
    "Mutation",
    "NoExploration",
    "NoSelection",
    "RandomSearch",
    "Session",
    "SessionError",
    "SessionResult",
    "Study",
    "TruncationSelection",
    "run_session",
]
