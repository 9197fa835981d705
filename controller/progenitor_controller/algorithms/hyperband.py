"""Hyperband and successive halving: many configurations are trained a little, the better ones further.

Synchronous: once all of a bracket's configurations in a rung are final, the fittest 1 / η of them go on to its next
rung (Li et al. 2018). What is trained then does not depend on timing, so brackets need not wait for each other: the
next one begins while the last sessions of a rung are trained.

Asynchronous (Li et al. 2020, "A system for massively parallel hyperparameter tuning", algorithm 2, ASHA): a
configuration goes on as soon as it is among the fittest 1 / η of those that have finished its rung. The highest
rung is looked at first; where nobody can go on, the next configuration begins.

What goes on does so from its own checkpoint, with its hyperparameters. One that failed, was stopped early or has no
finite fitness counts among those of its rung that were not good enough. One that a limit interrupted goes on when
that is raised. Of equal fitness the lower member is better. When nothing is left to do and nobody has come to the
end, the best of the highest rung goes on: a search leaves behind a model that was trained to the end.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from progenitor_storage.model.spec import Hyperband, Spec
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Candidate, Trial

from .drafts import again, continued, initial
from .history import History
from .rungs import Bracket, brackets, promoted
from .standing import Standing, standings


def next_trial(spec: Spec, algorithm: Hyperband, history: History) -> Trial | None:
    """The draft of the trial to be trained next; None while others have to end first, or at the end."""
    found = standings(spec, brackets(spec, algorithm), history)
    for standing in found:
        if standing.interrupted:
            return _repeated(spec, standing.bracket, history, standing.interrupted[0])
    rising = _rising if algorithm.asynchronous else _rising_together
    for standing in found:
        if candidate := rising(standing, algorithm.reduction_factor):
            return _going_on(spec, standing, history, candidate)
    for standing in found:
        if not standing.begun:
            return _first(spec, standing.bracket, standing.bracket.members.start + len(standing.at))
    if any(rung.awaited for standing in found for rung in standing.rungs):
        return None
    return _led_to_the_end(spec, found, history)


def _rising(standing: Standing, factor: int) -> Candidate | None:
    """Who goes on asynchronously."""
    for rung in reversed(range(len(standing.rungs) - 1)):
        found = standing.waiting(rung, among=standing.rungs[rung].entrants // factor)
        if found:
            return found
    return None


def _rising_together(standing: Standing, factor: int) -> Candidate | None:
    """Who goes on once the rung is finished."""
    if not standing.begun:
        return None
    for place, rung in enumerate(standing.rungs[:-1]):
        if rung.awaited:
            return None
        found = standing.waiting(place, among=promoted(rung.entrants, factor))
        if found:
            return found
    return None


def _led_to_the_end(spec: Spec, found: Sequence[Standing], history: History) -> Trial | None:
    """The best of the highest rung goes on if nobody has come to the end.

    Where `max_failures_per_trial` of them have failed on the way to the next rung, no other is tried.
    """
    if any(standing.rungs[-1].finished for standing in found):
        return None
    waiting = [
        (candidate, standing)
        for standing in found
        for place, (rung, following) in enumerate(zip(standing.rungs, standing.rungs[1:], strict=False))
        if following.lost < spec.max_failures_per_trial
        and (candidate := standing.waiting(place, among=rung.entrants))
    ]
    if not waiting:
        return None
    best, standing = max(waiting, key=lambda each: (each[0].end_step, each[0].fitness, -each[0].member))
    return _going_on(spec, standing, history, best)


def _first(spec: Spec, bracket: Bracket, member: int) -> Trial:
    return _up_to_the_next(bracket, initial(spec, member))


def _going_on(spec: Spec, standing: Standing, history: History, candidate: Candidate) -> Trial:
    parent = history.trial(standing.newest[candidate.member])
    return _up_to_the_next(standing.bracket, continued(spec, parent, parent, parent.parameters))


def _repeated(spec: Spec, bracket: Bracket, history: History, place: Member) -> Trial:
    """What a limit has interrupted, from the configuration's newest checkpoint that can be used."""
    newest = history.trial(place.newest)
    if place.newest_usable is None:
        return _up_to_the_next(bracket, again(spec, newest))
    own = history.trial(place.newest_usable)
    return _up_to_the_next(bracket, continued(spec, newest, own, own.parameters))


def _up_to_the_next(bracket: Bracket, draft: Trial) -> Trial:
    """The draft, as a session that ends with the rung that it begins in."""
    return replace(draft, end_step=bracket.ends[bisect_right(bracket.ends, draft.start_step)])
