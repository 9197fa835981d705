"""Questions as hypothesis draws them: what a study may hold, its edges above all."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from hypothesis import strategies as st

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    Goal,
    IntegerDomain,
    MetricSpec,
    Parameters,
    ParameterSpec,
    Scale,
    Value,
)
from progenitor_storage.model.trial import Candidate, Observation

from ..algorithms.custom.questions import Beginning, Exploring, GoingOn, Point, Running, Selecting

METRIC = MetricSpec("score", Goal.MAXIMIZE)
STEPS = 10
"""Of a session."""

# Few distinct values, so that ties happen, and some that overflow when they are squared or summed.
fitness = st.sampled_from((-1.0, 0.0, 1.0)) | st.floats(-1e6, 1e6) | st.sampled_from((-1e300, 1e300))
members = st.integers(0, 99_999)
generations = st.integers(0, 1000)


@st.composite
def doubles(draw: st.DrawFn) -> DoubleDomain:
    scale = draw(st.sampled_from(Scale))
    bounds = st.floats(1e-12, 1e12) if scale is Scale.LOG else st.floats(-1e12, 1e12)
    low, high = sorted((draw(bounds), draw(bounds)))
    return DoubleDomain(low, high, scale)


@st.composite
def integers(draw: st.DrawFn) -> IntegerDomain:
    scale = draw(st.sampled_from(Scale))
    low = draw(st.integers(1 if scale is Scale.LOG else -(10**9), 10**9))
    return IntegerDomain(low, draw(st.integers(low, low + 9) | st.integers(low, 10**12)), scale)


numbers = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6, unique=True)
texts = st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True)
domains: st.SearchStrategy[Domain] = st.one_of(
    doubles(),
    integers(),
    numbers.map(lambda values: DiscreteDomain(tuple(sorted(values)))),
    texts.map(lambda values: CategoricalDomain(tuple(values))),
)


@st.composite
def specified(draw: st.DrawFn) -> tuple[ParameterSpec, ...]:
    names = draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5, unique=True))
    return tuple(ParameterSpec(name, draw(domains), draw(st.booleans())) for name in names)


def value(domain: Domain) -> st.SearchStrategy[Value]:
    match domain:
        case DoubleDomain(low, high):
            return st.floats(low, high)
        case IntegerDomain(low, high):
            return st.integers(low, high)
        case DiscreteDomain(values):
            return st.sampled_from(values)
        case CategoricalDomain(names):
            return st.sampled_from(names)


def values(parameters: Sequence[ParameterSpec]) -> st.SearchStrategy[Parameters]:
    return st.fixed_dictionaries({parameter.name: value(parameter.domain) for parameter in parameters})


@st.composite
def selecting(draw: st.DrawFn, most: int = 8) -> Selecting:
    generation = draw(st.integers(1, 1000))
    among = sorted(draw(st.lists(members, min_size=2, max_size=most, unique=True)))
    everybody = [
        _candidate(place, member, generation - 1, draw(fitness)) for place, member in enumerate(among)
    ]
    own = everybody.pop(draw(st.integers(0, len(everybody) - 1)))
    return Selecting(own.member, generation, draw(st.none() | st.just(own)), tuple(everybody))


def _candidate(place: int, member: int, generation: int, reached: float) -> Candidate:
    end_step = (generation + 1) * STEPS
    return Candidate(place + 1, member, generation, end_step, reached, {METRIC.name: reached})


@st.composite
def observed(
    draw: st.DrawFn, parameters: Sequence[ParameterSpec], least: int = 0, most: int = 8
) -> list[Observation]:
    """Completed sessions, by number, of a few members that have one after the other."""
    found: list[Observation] = []
    for number in accumulate(draw(st.lists(st.integers(1, 3), min_size=least, max_size=most))):
        member = draw(st.integers(0, 3))
        before = [each for each in found if each.member == member]
        reached = draw(fitness)
        found.append(
            Observation(
                number=number,
                member=member,
                generation=len(before),
                parent=before[-1].number if before else None,
                parameters=draw(values(parameters)),
                start_step=len(before) * STEPS,
                end_step=(len(before) + 1) * STEPS,
                start_fitness=before[-1].fitness if before else draw(st.none() | fitness),
                fitness=reached,
                metrics={METRIC.name: reached},
            )
        )
    return found


def without_result(observation: Observation) -> Observation:
    return replace(observation, number=observation.number + 1000, fitness=None, metrics={})


@st.composite
def exploring(draw: st.DrawFn, parameters: tuple[ParameterSpec, ...]) -> Exploring:
    generation = draw(st.integers(1, 1000))
    return Exploring(
        member=draw(members),
        generation=generation,
        start_step=generation * STEPS,
        end_step=(generation + 1) * STEPS,
        start_fitness=draw(fitness),
        inherited=draw(values(parameters)),
        parameters=parameters,
        observations=tuple(draw(observed(parameters))),
        unfinished=tuple(map(without_result, draw(observed(parameters, most=3)))),
    )


@st.composite
def beginning(draw: st.DrawFn, parameters: tuple[ParameterSpec, ...]) -> Beginning:
    names = draw(st.sets(st.sampled_from([parameter.name for parameter in parameters])))
    configurations = draw(st.integers(1, 100))
    return Beginning(
        member=draw(st.integers(0, configurations - 1)),
        configurations=configurations,
        given={name: of for name, of in draw(values(parameters)).items() if name in names},
        parameters=parameters,
        observations=tuple(draw(observed(parameters))),
        unfinished=tuple(map(without_result, draw(observed(parameters, most=3)))),
    )


@st.composite
def going_on(draw: st.DrawFn, parameters: tuple[ParameterSpec, ...]) -> GoingOn:
    observations = draw(observed(parameters, least=1))
    member = draw(st.sampled_from([each.member for each in observations]))
    return GoingOn(member, tuple(each for each in observations if each.member == member), tuple(observations))


@st.composite
def running(draw: st.DrawFn) -> Running:
    generation = draw(generations)
    steps = range(generation * STEPS, (generation + 1) * STEPS + 1)
    others = draw(st.lists(curves(steps), max_size=4))
    return Running(
        member=draw(members),
        generation=generation,
        final_step=steps[-1],
        metrics=(METRIC,),
        own=draw(curves(steps)),
        others=tuple((*other[:-1], _point(steps[-1], draw(fitness))) for other in others),
    )


@st.composite
def curves(draw: st.DrawFn, steps: range) -> tuple[Point, ...]:
    measured = sorted(draw(st.sets(st.sampled_from(steps))))
    return tuple(_point(step, draw(st.none() | fitness)) for step in measured)


def _point(step: int, reached: float | None) -> Point:
    return Point(step, reached, {METRIC.name: float("nan") if reached is None else reached})
