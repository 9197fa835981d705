"""Algorithms that plan the study as a whole, rather than what becomes of each place."""

from progenitor_storage.model.spec import Hyperband, Replay, Spec
from progenitor_storage.model.trial import Trial

from .history import History


def is_scheduled(spec: Spec) -> bool:
    """Whether `next_trial` says what is trained next; else each final trial initiates a child."""
    return isinstance(spec.algorithm, Hyperband | Replay)


def next_trial(spec: Spec, history: History) -> Trial | None:
    """The draft of the trial to be trained next; None while it depends on one that is not final, or at the end."""
    raise NotImplementedError(f"the schedule of {spec.algorithm}")
