"""In which states nothing more happens."""

from progenitor.v1 import study_pb2, trial_pb2

ENDED = (
    study_pb2.STUDY_STATE_COMPLETED,
    study_pb2.STUDY_STATE_CANCELLED,
    study_pb2.STUDY_STATE_FAILED,
)
"""A study's."""
FINAL = (
    trial_pb2.TRIAL_STATE_COMPLETED,
    trial_pb2.TRIAL_STATE_STOPPED,
    trial_pb2.TRIAL_STATE_FAILED,
    trial_pb2.TRIAL_STATE_CANCELLED,
)
"""A trial's."""
