"""Decisions of a study that a plug-in makes: what it is asked is read, and what it answers becomes of the place."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from progenitor_storage.model.spec import Custom, MetricSpec, Parameters, Spec
from progenitor_storage.model.trial import Candidate, Observation, Trial

from ..fitness import fitness
from ..history import History, Key
from ..population import ENDED, Place, Reproduction, fitness_of, session_end
from ..search import search_on
from ..selection.choice import Choice
from ..stopping import Curve, complete
from ..streams import Purpose, Stream
from . import asked
from .questions import Beginning, Exploring, GoingOn, Point, Running, Selecting

OBSERVATIONS = 1000
"""The newest, which a plug-in learns from."""
SESSIONS = 100
"""The newest of a configuration."""


def selected(
    plug_in: Custom,
    history: History,
    initiator: Trial,
    compared: tuple[Candidate | None, Sequence[Candidate]],
    stream: Stream,
) -> Choice:
    """`compared` are the initiator, None if nobody can go on from it, and its opponents."""
    mine, opponents = compared
    if not opponents:
        return Choice(mine)
    question = Selecting(
        member=initiator.member,
        generation=initiator.generation + 1,
        initiator=mine,
        opponents=tuple(_measured(history, opponents)),
    )
    work = partial(asked.select, history.plug_ins, plug_in, question, stream)
    parent = history.think(("child", initiator.number, "selection"), work)
    if parent is None or parent.number == initiator.number:
        return Choice(mine)
    return Choice(parent, opponent=parent)


def explored(
    spec: Spec,
    plug_in: Custom,
    history: History,
    *,
    key: Key,
    initiator: Trial,
    parent: Trial,
    inherited: Parameters,
    observations: Sequence[Observation],
    unfinished: Sequence[Observation],
    stream: Stream,
) -> Parameters:
    question = Exploring(
        member=initiator.member,
        generation=initiator.generation + 1,
        start_step=parent.end_step,
        end_step=session_end(spec, initiator.member, parent.end_step),
        start_fitness=fitness_of(parent),
        inherited=inherited,
        parameters=spec.parameters,
        observations=tuple(observations),
        unfinished=tuple(unfinished),
    )
    work = partial(asked.explore, history.plug_ins, plug_in, question, stream)
    return history.think(key, work)


def begun(spec: Spec, plug_in: Custom, history: History, member: int, sampled: Parameters) -> Parameters:
    """`sampled` is for the hyperparameters that the plug-in leaves out."""
    given = spec.initial_population[member].parameters if member < len(spec.initial_population) else {}
    question = Beginning(
        member=member,
        configurations=plug_in.configurations,
        given=given,
        parameters=spec.parameters,
        observations=tuple(history.observations(OBSERVATIONS)),
        unfinished=tuple(history.unfinished(OBSERVATIONS)),
    )
    stream = Stream(spec.seed, member, 0, Purpose.EXPLORATION)
    work = partial(asked.begin, history.plug_ins, plug_in, question, stream)
    return {**sampled, **history.think(("begin", member), work)}


def gone_on(spec: Spec, plug_in: Custom, history: History, place: Place, initiator: Trial) -> Reproduction:
    """As in any search, but that the plug-in may end a configuration after any completed session."""
    if not initiator.usable:
        return search_on(spec, place, initiator)
    question = GoingOn(
        member=initiator.member,
        sessions=tuple(map(_session, history.lineage(initiator.number, SESSIONS))),
        observations=tuple(history.observations(OBSERVATIONS)),
    )
    stream = Stream(spec.seed, initiator.member, initiator.generation + 1, Purpose.SELECTION)
    work = partial(asked.goes_on, history.plug_ins, plug_in, question, stream)
    goes_on = history.think(("child", initiator.number, "goes on"), work)
    return search_on(spec, place, initiator) if goes_on else ENDED


def about_stopping(
    metrics: Sequence[MetricSpec], trial: Trial, own: Curve, others: Sequence[Curve], final_step: int
) -> Running:
    return Running(
        member=trial.member,
        generation=trial.generation,
        final_step=final_step,
        metrics=tuple(metrics),
        own=_points(metrics, own),
        others=tuple(_points(metrics, other) for other in others),
    )


def _measured(history: History, candidates: Sequence[Candidate]) -> list[Candidate]:
    """With their metrics."""
    unread = sorted(candidate.number for candidate in candidates if not candidate.metrics)
    metrics = history.metrics(unread) if unread else {}
    return [replace(c, metrics=c.metrics or metrics.get(c.number, {})) for c in candidates]


def _session(trial: Trial) -> Observation:
    return Observation(
        number=trial.number,
        member=trial.member,
        generation=trial.generation,
        parent=trial.parent,
        parameters=trial.parameters,
        start_step=trial.start_step,
        end_step=trial.end_step,
        start_fitness=None,
        fitness=trial.fitness,
        metrics={} if trial.measurement is None else trial.measurement.metrics,
    )


def _points(metrics: Sequence[MetricSpec], curve: Curve) -> tuple[Point, ...]:
    return tuple(Point(m.step, fitness(metrics, m.metrics), m.metrics) for m in complete(metrics, curve))
