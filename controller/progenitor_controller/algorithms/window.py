"""Which trials a decision reads: never all of them."""

from dataclasses import dataclass

from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    InitiatorSelection,
    NoSelection,
    PopulationBasedTraining,
    RandomSearch,
    Spec,
    TruncationSelection,
)
from progenitor_storage.model.trial import Trial


@dataclass(frozen=True, slots=True)
class Generations:
    """The usable trials of these generations, both inclusive."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class NewestOfMembers:
    """The newest usable trial of each member, and the usable trials of `generation`.

    Members that are a generation ahead have trained longer; they are compared with what they were at
    `generation`.
    """

    generation: int


@dataclass(frozen=True, slots=True)
class Nobody:
    """The initiator's own member is enough."""


Window = Generations | NewestOfMembers | Nobody


def window(spec: Spec, initiator: Trial) -> Window:
    """What `decide` wants as `Population.candidates`.

    In synchronous mode a generation stands for "newest": children of its trials may exist already, and timing
    and the number of workers must change nothing.
    """
    generation = initiator.generation
    match spec.algorithm:
        case RandomSearch():
            return Nobody()
        case PopulationBasedTraining(selection=selection, synchronous=synchronous):
            match selection:
                case NoSelection():
                    return Nobody()
                case InitiatorSelection(count):
                    return Generations(max(generation - count + 1, 0), generation)
                case TruncationSelection() | BinaryTournamentSelection():
                    return Generations(generation, generation) if synchronous else NewestOfMembers(generation)
