"""What a search knows of the configurations that it has begun."""

from collections.abc import Sequence
from dataclasses import dataclass

from progenitor_storage.model.spec import Parameters, Spec
from progenitor_storage.model.study import Member

from .history import History
from .population import at_end


@dataclass(frozen=True, slots=True)
class Configuration:
    """A member that is trained no further. `fitness` is that of its newest usable trial, None if it has none."""

    parameters: Parameters
    fitness: float | None


def ended(spec: Spec, history: History, newest: int | None = None) -> list[Configuration]:
    """In the order in which they ended: at `max_steps`, by the early stopping rule, or after failures.

    All of them, or the `newest`.
    """
    places = sorted((place for place in history.places() if _has_ended(spec, place)), key=lambda p: p.due)
    places = places if newest is None else places[-newest:]
    fitness = {candidate.member: candidate.fitness for candidate in history.newest_usable()}
    parameters = history.parameters([place.newest for place in places])
    return [Configuration(parameters[place.newest], fitness.get(place.member)) for place in places]


def under_way(spec: Spec, history: History) -> Sequence[Parameters]:
    """What the others were begun with, by member."""
    newest = [place.newest for place in history.places() if not _has_ended(spec, place)]
    parameters = history.parameters(newest)
    return [parameters[number] for number in newest]


def _has_ended(spec: Spec, place: Member) -> bool:
    return place.final and (place.closed or at_end(spec, place.reached))
