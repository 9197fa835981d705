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
from .run_schedule import ScheduleResult, run_schedule
from .run_session import SessionResult, run_session
from .schedule import Schedule, ScheduledSession, ScheduleError, read_schedule
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
    "Schedule",
    "ScheduleError",
    "ScheduleResult",
    "ScheduledSession",
    "Session",
    "SessionError",
    "SessionResult",
    "Study",
    "StudyError",
    "SubPopulation",
    "TTestSelection",
    "TruncationSelection",
    "read_schedule",
    "run_schedule",
    "run_session",
]
