"""How far a study is, in one line, and how long it still takes."""

import time

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb

from ..calls.names import short
from .wording import metrics

ENOUGH = 0.03
"""Of the whole: with less of it done, what is left cannot be told from how long it took."""


class Remaining:
    """Time left, from the progress since this process began to watch."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def seconds(self, progress: float) -> float | None:
        now = time.monotonic()
        if self._began is None:
            self._began = now, progress
        since, gained = now - self._began[0], progress - self._began[1]
        return since * (1.0 - progress) / gained if gained >= ENOUGH and progress < 1.0 else None


def summary(status: pb.GetStudyStatusResponse, names: tuple[str, ...]) -> str:
    """Progress, trials and the best so far, in one line."""
    paused = "paused" if status.study.state == study_pb2.STUDY_STATE_PAUSED else ""
    parts = [f"{status.progress:4.0%}", paused, trial_summary(status), f"{status.total_steps} steps"]
    if status.HasField("best_trial"):
        best = status.best_trial
        parts.append(f"best {metrics(best.measurement.metrics, names)} (trial {short(best.name)})")
    return ", ".join(part for part in parts if part)


def trial_summary(status: pb.GetStudyStatusResponse) -> str:
    """`12 trials completed, 2 running`."""
    counts = [
        (trial_pb2.TrialState.Name(state).removeprefix("TRIAL_STATE_").lower(), status.trial_counts[name])
        for name, state in trial_pb2.TrialState.items()
        if status.trial_counts.get(name)
    ]
    counts.sort(key=lambda count: count[0] != "completed")
    return ", ".join(f"{n} {state}" for state, n in counts) or "no trial yet"
