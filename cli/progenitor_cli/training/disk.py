"""How much disk a study's checkpoints will take, known once the first generation has saved its own."""

import shutil
from pathlib import Path

from progenitor.v1 import study_service_pb2 as pb
from progenitor_worker.places import places_of

from ..calls.study_calls import StudyCalls
from ..text.wording import size


class DiskEstimate:
    """Told once, after the first generation."""

    def __init__(self, client: StudyCalls, store: Path) -> None:
        self._client = client
        self._store = store
        self._told = False

    def news(self, status: pb.GetStudyStatusResponse) -> str:
        """What is to be said now; empty most of the time."""
        completed = status.trial_counts.get("TRIAL_STATE_COMPLETED", 0)
        if self._told or completed < places_of(status.study.effective_spec) or not 0 < status.progress < 1:
            return ""
        trials = self._client.list_population(status.study.name)
        # A trial that has saved nothing yet tells the size of the checkpoint that it began with.
        sizes = [(trial.checkpoint.size_bytes or trial.warm_start.size_bytes) for trial in trials]
        mean = sum(sizes) / len(sizes)
        self._told = True
        # Where nobody has saved yet, the store is not there.
        there = next(path for path in (self._store, *self._store.parents) if path.exists())
        return estimate(mean * completed, status.progress, shutil.disk_usage(there).free, self._store)


def estimate(used: float, progress: float, free: int, store: Path) -> str:
    """`used` and `free` in bytes; every checkpoint is kept, so what is used grows with the progress."""
    in_all = used / progress
    will = f"will take about {size(round(in_all))} in all"
    if in_all - used <= free:
        return f"Checkpoints {will}; {size(free)} are free."
    return (
        f"WARNING: checkpoints {will}, but only {size(free)} are free in {store}. The study will not fit: free some "
        "space, give it another --store, save less, or save less often by a larger steps_per_trial."
    )
