"""How far the configurations of a bracket have come."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from progenitor_storage.model.spec import Spec
from progenitor_storage.model.study import Member
from progenitor_storage.model.trial import Candidate

from .history import History
from .rungs import Bracket

MOST_GENERATIONS = 2**40


@dataclass(slots=True)
class Rung:
    """`finished` are the members' first results from here to below the next rung, the fittest first.

    `lost` configurations have ended without one. `awaited` are being trained up to here, or have to be.
    """

    finished: list[Candidate] = field(default_factory=list)
    lost: int = 0
    awaited: int = 0

    @property
    def entrants(self) -> int:
        return len(self.finished) + self.lost


@dataclass(slots=True)
class Standing:
    """`at` has the highest rung that each member has entered, `newest` the number of its newest usable trial.
    `interrupted` members have a session to repeat.
    """

    bracket: Bracket
    rungs: tuple[Rung, ...]
    at: dict[int, int] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    interrupted: list[Member] = field(default_factory=list)

    @property
    def begun(self) -> bool:
        """Whether all of its members have."""
        return len(self.at) == len(self.bracket.members)

    def waiting(self, rung: int, among: int) -> Candidate | None:
        """Of the `among` fittest of a rung the first that has not gone on."""
        ranked = self.rungs[rung].finished[:among]
        return next((candidate for candidate in ranked if self.at[candidate.member] == rung), None)

    def add(self, place: Member, results: Sequence[Candidate], start: int, *, to_repeat: bool) -> None:
        """`results` are the member's usable trials in their order, `start` is where it began."""
        rung = self._finished(results)
        reached = results[-1].end_step if results else start
        entered = min(bisect_right(self.bracket.ends, reached), len(self.rungs) - 1)
        if not place.final:
            self.rungs[entered].awaited += 1
        elif reached >= self.bracket.ends[-1]:
            entered = rung
        elif to_repeat or (results and rung < 0):
            self.rungs[entered].awaited += 1
            self.interrupted.append(place)
        elif not results or results[-1].number != place.newest:
            self.rungs[entered].lost += 1
        else:
            entered = rung
        self.at[place.member] = entered
        if results:
            self.newest[place.member] = results[-1].number

    def _finished(self, results: Iterable[Candidate]) -> int:
        """Enters them, and gives the highest rung of them; -1 below the first."""
        highest = -1
        for candidate in results:
            rung = bisect_right(self.bracket.ends, candidate.end_step) - 1
            if rung > highest:
                highest = rung
                self.rungs[rung].finished.append(candidate)
        return highest


def standings(spec: Spec, planned: Iterable[Bracket], history: History) -> list[Standing]:
    places = history.places()
    interrupted = history.interrupted()
    results: dict[int, list[Candidate]] = {place.member: [] for place in places}
    for candidate in history.usable_in(0, MOST_GENERATIONS):
        results[candidate.member].append(candidate)
    found = []
    for bracket in planned:
        standing = Standing(bracket, tuple(Rung() for _ in bracket.ends))
        for place in places[bracket.members.start : bracket.members.stop]:
            of_member = sorted(results[place.member], key=lambda candidate: candidate.generation)
            start = given_start(spec, place.member)
            standing.add(place, of_member, start, to_repeat=place.newest in interrupted)
        for rung in standing.rungs:
            rung.finished.sort(key=lambda candidate: (-candidate.fitness, candidate.member))
        found.append(standing)
    return found


def given_start(spec: Spec, member: int) -> int:
    """The step at which a member begins: that of the checkpoint it was given, if it was."""
    given = spec.initial_population
    return given[member].start_step if member < len(given) else 0
