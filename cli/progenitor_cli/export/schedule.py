"""A trial's schedule, for training it again as one run."""

from collections.abc import Sequence

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker import Schedule, ScheduledSession

from ..calls.values import parameter_values


def schedule_of(study: study_pb2.Study, lineage: Sequence[trial_pb2.Trial]) -> Schedule:
    """`lineage` is oldest first. Of each trial the steps that the next one went on from, of the last one all."""
    ends = [child.start_step for child in lineage[1:]] + [lineage[-1].end_step]
    sessions = [
        ScheduledSession(
            start_step=trial.start_step,
            end_step=end,
            seed=trial.seed,
            parameters=parameter_values(study, trial),
            digest=trial.checkpoint.digest if trial.checkpoint.step == end else "",
        )
        for trial, end in zip(lineage, ends, strict=True)
        if trial.start_step < end
    ]
    return Schedule(lineage[-1].name, tuple(sessions))
