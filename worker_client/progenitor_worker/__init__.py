"""What runs beside the user's training code: the names that a training file imports, and the worker itself."""

from .arguments import StudyError
from .domains import Categorical, Discrete, Double, Integer
from .options import (
    BinaryTournamentSelection,
    CovarianceMatrixAdaptation,
    Custom,
    GaussianProcessBandit,
    GaussianProcessExploration,
    GridSearch,
    Hyperband,
    InitialMember,
    InitiatorSelection,
    Maximize,
    MedianStopping,
    Minimize,
    Mutation,
    NoExploration,
    NoSelection,
    PerformanceCurveStopping,
    RandomSearch,
    SubPopulation,
    TruncationSelection,
    TTestSelection,
)
from .run_session import SessionResult, run_session
from .session import Session, SessionError
from .store import CheckpointError
from .study import Study

__all__ = [
    "BinaryTournamentSelection",
    "Categorical",
    "CheckpointError",
    "CovarianceMatrixAdaptation",
    "Custom",
    "Discrete",
    "Double",
    "GaussianProcessBandit",
    "GaussianProcessExploration",
    "GridSearch",
    "Hyperband",
    "InitialMember",
    "InitiatorSelection",
    "Integer",
    "Maximize",
    "MedianStopping",
    "Minimize",
    "Mutation",
    "NoExploration",
    "NoSelection",
    "PerformanceCurveStopping",
    "RandomSearch",
    "Session",
    "SessionError",
    "SessionResult",
    "Study",
    "StudyError",
    "SubPopulation",
    "TTestSelection",
    "TruncationSelection",
    "run_session",
]
