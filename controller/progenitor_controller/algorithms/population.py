"""What a decision looks at, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass

from progenitor_storage.model.spec import Spec
from progenitor_storage.model.trial import StopCause, Trial


@dataclass(frozen=True, slots=True)
class Population:
    """`candidates` are the trials of the decision's window, in any order, the initiator's member maybe among
    them.

    `own` is the newest usable trial of the initiator's member; `fallbacks` counts the children in a row of
    this place since then that were made because their initiator had failed.
    """

    candidates: Sequence[Trial]
    own: Trial | None
    fallbacks: int


@dataclass(frozen=True, slots=True)
class Reproduction:
    """`child` is a draft. None closes the place, for good and as a failure, unless it has `ended` as it should.

    `fallback` says that it is made because its initiator has failed, or that there was nobody to go on from.
    """

    child: Trial | None
    fallback: bool = False
    ended: bool = False


CLOSED = Reproduction(None)
ENDED = Reproduction(None, ended=True)


def opponents(spec: Spec, population: Population, initiator: Trial) -> list[Trial]:
    """Whom the initiator may be compared with and copied from.

    Sorted, so that the order of reading never matters. Nobody who has reached `max_steps` is copied into a
    lineage that still has steps to train.
    """
    found = [
        trial
        for trial in population.candidates
        if trial.member != initiator.member and trial.usable and not at_end(spec, trial.end_step)
    ]
    return sorted(found, key=lambda trial: (trial.member, trial.generation, trial.number))


def own_ancestor(spec: Spec, population: Population) -> Trial | None:
    """The newest trial of the initiator's member from which training can go on."""
    own = population.own
    return own if own and own.usable and not at_end(spec, own.end_step) else None


def interrupted(initiator: Trial) -> bool:
    """Whether a limit has stopped it that was raised since: nothing speaks against its hyperparameters."""
    return initiator.stop_cause is StopCause.LIMIT


def at_end(spec: Spec, step: int) -> bool:
    """Whether a lineage that has come to `step` has nothing left to train."""
    return 0 < spec.budget.max_steps <= step


def session_end(spec: Spec, start_step: int) -> int:
    """The step at which a session from `start_step` ends."""
    end = start_step + spec.steps_per_trial
    return min(end, spec.budget.max_steps) if spec.budget.max_steps else end


def fitness_of(trial: Trial) -> float:
    """A usable trial's fitness."""
    if trial.fitness is None:
        raise ValueError(f"trial {trial.number} has no fitness")
    return trial.fitness
