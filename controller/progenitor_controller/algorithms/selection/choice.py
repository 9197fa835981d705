"""The outcome of a selection."""

from dataclasses import dataclass

from progenitor_storage.model.trial import Trial

from ..population import fitness_of


@dataclass(frozen=True, slots=True)
class Choice:
    """`opponent` is whom the initiator was compared with; `parent` is None if nobody can be one."""

    parent: Trial | None
    opponent: Trial | None = None


def fitter(initiator: Trial, opponent: Trial) -> Choice:
    """The fitter of the two. Equal fitness is no reason to copy; an unusable initiator always yields."""
    if initiator.usable and fitness_of(opponent) <= fitness_of(initiator):
        return Choice(initiator, opponent)
    return Choice(opponent, opponent)
