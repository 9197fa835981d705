"""How a child's hyperparameters differ from those that it inherits."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from progenitor_storage.model.spec import (
    Custom,
    ExplorationScope,
    GaussianProcessExploration,
    Mutation,
    NoExploration,
    Parameters,
    PopulationBasedTraining,
    Spec,
)
from progenitor_storage.model.trial import Observation, Trial

from .custom import decisions as custom
from .history import History
from .mutation import mutate_all
from .population import fitness_of, peers_of, session_end
from .streams import Purpose, Stream


def explored(
    spec: Spec,
    algorithm: PopulationBasedTraining,
    history: History,
    *,
    initiator: Trial,
    parent: Trial,
    second: Trial | None,
    inherited: Parameters,
) -> Parameters:
    """`inherited`, changed as the study's exploration does; immutable parameters stay.

    `second` is the other parent that `inherited` has something of, if there is one.
    """
    key = ("child", initiator.number, "exploration", parent.number, second and second.number)
    stream = Stream(spec.seed, initiator.member, initiator.generation + 1, Purpose.EXPLORATION)
    match algorithm.exploration:
        case NoExploration():
            return inherited
        case Mutation() as mutation:
            return mutate_all(mutation, spec.parameters, inherited, stream)
        case GaussianProcessExploration() as exploration:
            completed, running = known(spec, algorithm, history, initiator, exploration.history)
            work = partial(
                suggested,
                exploration,
                spec.parameters,
                inherited,
                every_child=algorithm.exploration_scope is ExplorationScope.EVERY_CHILD,
                start_step=parent.end_step,
                end_step=session_end(spec, initiator.member, parent.end_step),
                start_fitness=fitness_of(parent),
                observations=completed,
                unfinished=running,
                stream=stream,
            )
            return history.think(key, work)
        case Custom() as plug_in:
            completed, running = known(spec, algorithm, history, initiator, custom.OBSERVATIONS)
            return custom.explored(
                spec,
                plug_in,
                history,
                key=key,
                initiator=initiator,
                parent=parent,
                inherited=inherited,
                observations=completed,
                unfinished=running,
                stream=stream,
            )


def suggested(exploration: GaussianProcessExploration, *given: Any, **named: Any) -> Parameters:
    """As `gaussian_process.explore`, which is imported where it is needed, outside of any transaction."""
    from .gaussian_process import explore  # noqa: PLC0415 - scipy takes longer to import than all else

    return explore(exploration, *given, **named)


def known(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, initiator: Trial, count: int
) -> tuple[Sequence[Observation], Sequence[Observation]]:
    """The newest `count` completed sessions, and those that are still to come to a result.

    In synchronous mode children of the same generation have none yet, however long ago they were handed out and
    whatever became of them, and other sub-populations do not count: timing and the number of workers must change
    nothing.
    """
    if not algorithm.synchronous:
        return history.observations(count), history.unfinished(count)
    among = peers_of(spec, initiator.member)
    siblings = [
        place.newest
        for place in history.places()
        if place.member in among and place.generation > initiator.generation
    ]
    earlier = history.observations_among(among, initiator.generation, count)
    return earlier, [replace(o, fitness=None, metrics={}) for o in history.sessions(siblings)]
