"""Replay: trials of another study are trained again, without searching (Li et al. 2019, "A generalized framework for
population based training": training replay).

Each trial has its hyperparameters, steps and seed again, in the place and generation that it had, and begins with the
new checkpoint of its parent, or with the one that it was given there. It is due once its parent is completed and its
own place is free: as in any study a place trains one trial after the other. Of those due the one with the lowest
number there comes first. No trial can be left out, so one that has failed for good ends the replay.
"""

from collections.abc import Iterator, Mapping

from progenitor_storage.model.spec import Replay, ReplayedTrial
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Checkpoint, Trial, TrialState

from .history import History


def next_trial(replay: Replay, history: History) -> Trial | None:
    """The draft of the trial to be trained next; None while others have to end first, or at the end."""
    if has_failed(history):
        return None
    places = {place.member: place for place in history.places()}
    replayed = {trial.number: trial for trial in replay.closure}
    for trial in _next_of_each_place(replay, places):
        parent = None if trial.parent is None else replayed[trial.parent]
        if parent is None:
            return _draft(replay, trial, None, given_start(replay, trial.member, trial.generation))
        if _is_done(parent, places):
            again = history.at(parent.member, parent.generation)
            return _draft(replay, trial, again.number, again.checkpoint)
    return None


def has_failed(history: History) -> bool:
    """Whether a trial has failed for good."""
    return any(
        place.final
        and place.newest != place.newest_usable
        and history.trial(place.newest).state is TrialState.FAILED
        for place in history.places()
    )


def planned_steps(replay: Replay) -> int:
    return sum(trial.end_step - trial.start_step for trial in replay.closure)


def given_start(replay: Replay, member: int, generation: int) -> Checkpoint | None:
    """What the trial of this place began with there, if it had no parent but a given checkpoint."""
    for trial in replay.closure:
        if (trial.member, trial.generation) == (member, generation) and trial.warm_start_uri:
            return Checkpoint(trial.warm_start_uri, trial.start_step, digest=trial.warm_start_digest)
    return None


def _next_of_each_place(replay: Replay, places: Mapping[int, Member]) -> Iterator[ReplayedTrial]:
    """The first that each free place has not had yet, by number."""
    seen: set[int] = set()
    for trial in replay.closure:
        place = places.get(trial.member)
        if trial.member in seen or (place and place.generation >= trial.generation):
            continue
        seen.add(trial.member)
        if place is None or place.final:
            yield trial


def _is_done(trial: ReplayedTrial, places: Mapping[int, Member]) -> bool:
    """Nothing has failed, so what is final is completed."""
    place = places.get(trial.member)
    if place is None or place.generation < trial.generation:
        return False
    return place.final or place.generation > trial.generation


def _draft(replay: Replay, trial: ReplayedTrial, parent: int | None, start: Checkpoint | None) -> Trial:
    return Trial(
        member=trial.member,
        generation=trial.generation,
        parameters=trial.parameters,
        seed=trial.seed,
        parent=parent,
        warm_start=start,
        start_step=trial.start_step,
        end_step=trial.end_step,
        step=trial.start_step,
        replays=f"studies/{replay.study}/trials/{trial.number}",
        replayed_digest=trial.digest,
    )
