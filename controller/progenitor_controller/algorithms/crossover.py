"""Hyperparameters of two parents: uniform crossover, of Syswerda 1989, "Uniform crossover in genetic algorithms".

Weights have one parent. Where a child is explored, the second parent of its hyperparameters is drawn from the fitter
half of its population without the first one's member: of n members, whoever has fewer than ⌈n / 2⌉ fitter than itself.
The initiator is one of them. Each mutable hyperparameter is the second parent's with `probability`, one by one.
"""

from collections.abc import Sequence

from progenitor_storage.model.spec import Parameters, ParameterSpec
from progenitor_storage.model.trial import Candidate

from .streams import Stream


def second_parent(members: Sequence[Candidate], first: int, stream: Stream) -> Candidate | None:
    """`members` are one trial of each, `first` is the first parent's member; None if there is nobody else."""
    if not members:
        return None
    half = (len(members) + 1) // 2
    threshold = sorted((candidate.fitness for candidate in members), reverse=True)[half - 1]
    fit = [candidate for candidate in members if candidate.fitness >= threshold and candidate.member != first]
    return stream.one_of(fit) if fit else None


def taken(parameters: Sequence[ParameterSpec], probability: float, stream: Stream) -> frozenset[str]:
    """The parameters that are the second parent's; immutable ones come with the weights."""
    return frozenset(p.name for p in parameters if not p.immutable and stream.chance(probability))


def crossed(inherited: Parameters, second: Parameters, names: frozenset[str]) -> Parameters:
    return {name: second[name] if name in names else value for name, value in inherited.items()}
