"""The largest questions that the controller asks, for the time that an answer takes."""

from collections.abc import Sequence

from progenitor_storage.model.spec import DoubleDomain, IntegerDomain, ParameterSpec, Scale
from progenitor_storage.model.trial import Candidate, Observation

from ..algorithms.custom.decisions import OBSERVATIONS
from ..algorithms.custom.questions import Beginning, Exploring, GoingOn, Point, Running, Selecting
from ..algorithms.sampling import sample_all
from ..algorithms.streams import Purpose, Stream
from .questions import METRIC, STEPS

MEMBERS = 1000
PARAMETERS = (
    ParameterSpec("rate", DoubleDomain(1e-6, 1.0, Scale.LOG)),
    ParameterSpec("decay", DoubleDomain(0.0, 1.0)),
    ParameterSpec("width", IntegerDomain(1, 1024, Scale.LOG)),
)
"""For a plug-in that takes any."""


def selecting() -> Selecting:
    first, *others = (
        Candidate(number, number - 1, 3, 4 * STEPS, number % 17 / 17, {METRIC.name: number % 17 / 17})
        for number in range(1, MEMBERS + 1)
    )
    return Selecting(first.member, 4, first, tuple(others))


def exploring(parameters: Sequence[ParameterSpec]) -> Exploring:
    *seen, newest = observations(parameters, OBSERVATIONS)
    return Exploring(
        member=newest.member,
        generation=newest.generation + 1,
        start_step=newest.end_step,
        end_step=newest.end_step + STEPS,
        start_fitness=newest.fitness or 0.0,
        inherited=newest.parameters,
        parameters=tuple(parameters),
        observations=(*seen, newest),
        unfinished=(),
    )


def beginning(parameters: Sequence[ParameterSpec]) -> Beginning:
    seen = tuple(observations(parameters, OBSERVATIONS))
    return Beginning(MEMBERS, 2 * MEMBERS, {}, tuple(parameters), seen, ())


def going_on(parameters: Sequence[ParameterSpec]) -> GoingOn:
    seen = tuple(observations(parameters, OBSERVATIONS))
    return GoingOn(0, tuple(each for each in seen if each.member == 0), seen)


def running() -> Running:
    own = tuple(Point(step, step % 13 / 13, {METRIC.name: step % 13 / 13}) for step in range(1000))
    other = tuple(Point(step, step / 1000, {METRIC.name: step / 1000}) for step in range(120, 1081, 120))
    return Running(0, 0, 1080, (METRIC,), own, (other,) * 32)


def observations(parameters: Sequence[ParameterSpec], count: int) -> list[Observation]:
    """Of 100 members, in turn."""
    found: list[Observation] = []
    for place in range(count):
        generation, member = divmod(place, 100)
        found.append(
            Observation(
                number=place + 1,
                member=member,
                generation=generation,
                parent=found[-100].number if generation else None,
                parameters=sample_all(parameters, Stream(0, member, generation, Purpose.SAMPLING)),
                start_step=generation * STEPS,
                end_step=(generation + 1) * STEPS,
                start_fitness=found[-100].fitness if generation else None,
                fitness=place % 89 / 89,
                metrics={METRIC.name: place % 89 / 89},
            )
        )
    return found
