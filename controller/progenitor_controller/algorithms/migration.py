"""Migration between sub-populations whose sessions differ in length: a remedy against greed.

After multiple-frequencies PBT, Doulazmi et al. 2025, "Multiple-frequencies population-based training" (arXiv
2506.03225). What pays off late loses every comparison after a short session. A sub-population of longer sessions
compares less often and keeps it; from there it comes to the greedy ones by migration.

Every `migration_interval` generations of a sub-population its least fit member goes on from the fittest member of the
sub-population before it (of the last, for the first), if that one is fitter than itself. The exchange is asymmetric, so
that no greedy hyperparameters come in with the weights:

    source's sessions   weights           mutable hyperparameters
    longer or equal     the migrant's     the migrant's
    shorter             the migrant's     those of the fittest of its own sub-population

Unlike there, a migrant is explored as any copy is, which did as well or better (`benchmarks/greedy.py`). Generations of
s₁ and of s₂ steps are held against each other by the steps that they stand for: generation g against
⌊(g + 1) s₁ / s₂⌋ − 1, the newest that has ended by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from progenitor_storage.model.spec import PopulationBasedTraining, Spec
from progenitor_storage.model.trial import Candidate, Trial

from .fitness import comparable
from .history import History
from .opponents import as_candidate, peers, up_to
from .population import at_end, populations, steps_of
from .selection import Choice
from .streams import Stream


@dataclass(frozen=True, slots=True)
class Source:
    """From where a sub-population gets its migrants: members, and the generation that is looked at."""

    members: range
    generation: int


def source_of(spec: Spec, member: int, generation: int) -> Source | None:
    """For the children of `generation`; None if it is none of migration, or nobody can have come that far."""
    algorithm = spec.algorithm
    if not isinstance(algorithm, PopulationBasedTraining) or not algorithm.migration_interval:
        return None
    if (generation + 1) % algorithm.migration_interval:
        return None
    parts = populations(spec)
    own = next(place for place, members in enumerate(parts) if member in members)
    source = parts[own - 1]
    ended = (generation + 1) * steps_of(spec, member) // steps_of(spec, source.start) - 1
    return Source(source, ended) if ended >= 0 else None


def migrate(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, initiator: Trial, stream: Stream
) -> Choice | None:
    """What becomes of the place if a migrant comes to it, else None. Nobody replaces an unusable initiator:
    its place goes on from its own sub-population.
    """
    mine = as_candidate(initiator)
    source = source_of(spec, initiator.member, initiator.generation)
    if mine is None or source is None:
        return None
    others = peers(spec, algorithm, history, initiator)
    arriving = _migrants(spec, algorithm, history, source)
    mine, *compared = comparable(spec, history, [mine, *others, *arriving])
    others, arriving = compared[: len(others)], compared[len(others) :]
    if not arriving or not _least_fit(mine, others):
        return None
    migrant = _fittest(arriving, stream)
    if migrant.fitness <= mine.fitness:
        return None
    shorter = steps_of(spec, source.members.start) < steps_of(spec, initiator.member)
    return Choice(migrant, migrant, tuned_by=_fittest([mine, *others], stream) if shorter else None)


def _migrants(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, source: Source
) -> list[Candidate]:
    """Of each member of the source its newest up to its generation, as far as it is known."""
    arriving = [
        candidate
        for candidate in up_to(algorithm, history, source.generation)
        if candidate.member in source.members
        and candidate.generation <= source.generation
        and not at_end(spec, candidate.end_step)
    ]
    return sorted(arriving, key=lambda candidate: candidate.member)


def _least_fit(mine: Candidate, others: Sequence[Candidate]) -> bool:
    """Of several that are equally unfit, the first member."""
    return all((mine.fitness, mine.member) < (other.fitness, other.member) for other in others)


def _fittest(candidates: Sequence[Candidate], stream: Stream) -> Candidate:
    most = max(candidate.fitness for candidate in candidates)
    return stream.one_of([candidate for candidate in candidates if candidate.fitness == most])
