"""Which rungs Hyperband has, and how many configurations begin at which of them.

Rung r ends at steps_per_trial · η^r, the last one at max_steps: there are R = log_η (max_steps / steps_per_trial)
rungs, rounded, before it, so that it is between √η and η √η times as long as the one before. Bracket s of Hyperband
(Li et al. 2018, "Hyperband: a novel bandit-based approach to hyperparameter optimization", algorithm 1) begins at
rung R − s, for s = R, R − 1, …, 0. There

    n_s = ⌈(R + 1) / (s + 1) · η^s⌉

configurations begin, which makes about the same number of steps in every bracket. The study's configurations are
split in these proportions, with the largest remainders rounded up: as many as the paper's make the paper's brackets.

Successive halving (ASHA) is the one bracket that begins at rung 0.
"""

from dataclasses import dataclass
from itertools import accumulate, pairwise

from progenitor_storage.model.spec import Hyperband, Spec


@dataclass(frozen=True, slots=True)
class Bracket:
    """These members are trained up to the first of `ends`, the best of them up to the next, and so on."""

    members: range
    ends: tuple[int, ...]


def brackets(spec: Spec, algorithm: Hyperband) -> list[Bracket]:
    """Those that have members, the one of the shortest first sessions first."""
    ends = rung_ends(spec, algorithm)
    if algorithm.asynchronous:
        return [Bracket(range(algorithm.configurations), ends)]
    sizes = _split(algorithm.configurations, published_sizes(len(ends) - 1, algorithm.reduction_factor))
    bounds = [0, *accumulate(sizes)]
    parts = enumerate(pairwise(bounds))
    return [Bracket(range(*part), ends[first:]) for first, part in parts if part[0] < part[1]]


def rung_ends(spec: Spec, algorithm: Hyperband) -> tuple[int, ...]:
    """Rising steps, the last one is `max_steps`."""
    first, last, factor = spec.steps_per_trial, spec.budget.max_steps, algorithm.reduction_factor
    ends = [first]
    # log_η (last / first) ≥ r + ½, in integers.
    while first * first * factor ** (2 * len(ends) + 1) <= last * last:
        ends.append(first * factor ** len(ends))
    return (*ends, last)


def published_sizes(rungs: int, factor: int) -> list[int]:
    """n_s for s = `rungs`, …, 0."""
    return [-(-(rungs + 1) * factor**s // (s + 1)) for s in range(rungs, -1, -1)]


def promoted(entrants: int, factor: int) -> int:
    """How many of a finished rung go on to the next: ⌊1 / η⌋ of them, but at least the best one."""
    return max(1, entrants // factor)


def planned_steps(spec: Spec, algorithm: Hyperband) -> int:
    """How many steps are trained if no configuration fails."""
    total = 0
    for bracket in brackets(spec, algorithm):
        trained, start = len(bracket.members), 0
        for end in bracket.ends:
            total += trained * (end - start)
            trained, start = promoted(trained, algorithm.reduction_factor), end
    return total


def _split(count: int, proportions: list[int]) -> list[int]:
    """Whole parts that are `count` together; of equal remainders the first is rounded up."""
    total = sum(proportions)
    parts = [count * proportion // total for proportion in proportions]
    by_remainder = sorted(range(len(parts)), key=lambda i: -(count * proportions[i] % total))
    for i in by_remainder[: count - sum(parts)]:
        parts[i] += 1
    return parts
