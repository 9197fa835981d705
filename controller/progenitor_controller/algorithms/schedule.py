"""Algorithms that plan the study as a whole, rather than what becomes of each place."""

from progenitor_storage.model.spec import Hyperband, Replay, Spec
from progenitor_storage.model.trial import Checkpoint, Trial

from . import hyperband, replay, rungs
from .drafts import initial
from .history import History


def is_scheduled(spec: Spec) -> bool:
    """Whether `next_trial` says what is trained next; else each final trial initiates a child."""
    return isinstance(spec.algorithm, Hyperband | Replay)


def next_trial(spec: Spec, history: History) -> Trial | None:
    """The draft of the trial to be trained next; None while it depends on one that is not final, or at the end."""
    match _plan(spec):
        case Hyperband() as algorithm:
            return hyperband.next_trial(spec, algorithm, history)
        case Replay() as algorithm:
            return replay.next_trial(algorithm, history)


def has_failed(spec: Spec, history: History) -> bool:
    """Whether nothing is left to do, as far as the schedule goes, and it has come to nothing. Nothing is open."""
    match _plan(spec):
        case Hyperband():
            return not history.newest_usable() and next_trial(spec, history) is None
        case Replay():
            return replay.has_failed(history)


def planned_steps(spec: Spec) -> int:
    """How many steps are trained where nothing fails."""
    match _plan(spec):
        case Hyperband() as algorithm:
            return rungs.planned_steps(spec, algorithm)
        case Replay() as algorithm:
            return replay.planned_steps(algorithm)


def _plan(spec: Spec) -> Hyperband | Replay:
    """Raises TypeError unless `is_scheduled`."""
    if isinstance(spec.algorithm, Hyperband | Replay):
        return spec.algorithm
    raise TypeError(f"{spec.algorithm} plans no schedule")


def given_start(spec: Spec, trial: Trial) -> Checkpoint | None:
    """What a trial without a parent begins with, if the study was given a checkpoint for it."""
    match spec.algorithm:
        case Replay() as algorithm:
            return replay.given_start(algorithm, trial.member, trial.generation)
        case _:
            return initial(spec, trial.member).warm_start
