"""A place in the population, and what its reproduction comes to."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

from progenitor_storage.model.spec import PopulationBasedTraining, Spec
from progenitor_storage.model.trial import StopCause, Trial


@dataclass(frozen=True, slots=True)
class Place:
    """`own` is the newest usable trial of the initiator's member; `fallbacks` counts the children in a row of
    this place since then that were made because their initiator had failed.
    """

    own: Trial | None
    fallbacks: int = 0


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


def own_ancestor(spec: Spec, place: Place) -> Trial | None:
    """The newest trial of the initiator's member from which training can go on."""
    own = place.own
    return own if own and own.usable and not at_end(spec, own.end_step) else None


def interrupted(initiator: Trial) -> bool:
    """Whether a limit has stopped it that was raised since: nothing speaks against its hyperparameters."""
    return initiator.stop_cause is StopCause.LIMIT


def at_end(spec: Spec, step: int) -> bool:
    """Whether a lineage that has come to `step` has nothing left to train."""
    return 0 < spec.budget.max_steps <= step


def session_end(spec: Spec, member: int, start_step: int) -> int:
    """The step at which a session of `member` from `start_step` ends."""
    end = start_step + steps_of(spec, member)
    return min(end, spec.budget.max_steps) if spec.budget.max_steps else end


def steps_of(spec: Spec, member: int) -> int:
    """How many steps a session of `member` has: those of its sub-population, if there are any."""
    if isinstance(spec.algorithm, PopulationBasedTraining):
        first = 0
        for sub_population in spec.algorithm.sub_populations:
            first += sub_population.size
            if member < first:
                return sub_population.steps_per_trial
    return spec.steps_per_trial


def populations(spec: Spec) -> list[range]:
    """The members of each sub-population; all members if there are none."""
    if not isinstance(spec.algorithm, PopulationBasedTraining) or not spec.algorithm.sub_populations:
        return [range(spec.places)]
    ends = [*accumulate(sub_population.size for sub_population in spec.algorithm.sub_populations)]
    return [range(first, end) for first, end in pairwise([0, *ends])]


def controls(spec: Spec) -> range:
    """The members that keep their own weights and hyperparameters for as long as they can be trained."""
    return range(spec.algorithm.control_members if isinstance(spec.algorithm, PopulationBasedTraining) else 0)


def peers_of(spec: Spec, member: int) -> range:
    """The members of its sub-population, itself among them."""
    return next(members for members in populations(spec) if member in members)


def fitness_of(trial: Trial) -> float:
    """A usable trial's fitness."""
    if trial.fitness is None:
        raise ValueError(f"trial {trial.number} has no fitness")
    return trial.fitness
