"""How a child's hyperparameters differ from those that it inherits."""

from dataclasses import replace
from functools import partial
from typing import Any

from progenitor_storage.model.spec import (
    Custom,
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
from .population import fitness_of, session_end
from .streams import Purpose, Stream


def explored(
    spec: Spec,
    algorithm: PopulationBasedTraining,
    history: History,
    *,
    initiator: Trial,
    parent: Trial,
    inherited: Parameters,
) -> Parameters:
    """`inherited`, changed as the study's exploration does; immutable parameters stay."""
    stream = Stream(spec.seed, initiator.member, initiator.generation + 1, Purpose.EXPLORATION)
    match algorithm.exploration:
        case NoExploration():
            return inherited
        case Mutation() as mutation:
            return mutate_all(mutation, spec.parameters, inherited, stream)
        case GaussianProcessExploration() as exploration:
            completed, running = known(algorithm, history, initiator, exploration.history)
            work = partial(
                suggested,
                exploration,
                spec.parameters,
                inherited,
                start_step=parent.end_step,
                end_step=session_end(spec, initiator.member, parent.end_step),
                start_fitness=fitness_of(parent),
                observations=completed,
                unfinished=running,
                stream=stream,
            )
            return history.think(("child", initiator.number, "exploration", parent.number), work)
        case Custom() as plug_in:
            completed, running = known(algorithm, history, initiator, custom.OBSERVATIONS)
            return custom.explored(
                spec,
                plug_in,
                history,
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
    algorithm: PopulationBasedTraining, history: History, initiator: Trial, count: int
) -> tuple[list[Observation], list[Observation]]:
    """The newest `count` completed sessions, and those that are still to come to a result.

    In synchronous mode children of the same generation have none yet, however long ago they were handed out:
    timing and the number of workers must change nothing.
    """
    unfinished = history.unfinished()
    if not algorithm.synchronous:
        return list(history.observations(count)), list(unfinished)
    observations = history.observations(count + algorithm.population_size)
    siblings = [
        replace(observation, fitness=None, metrics={})
        for observation in [*observations, *unfinished]
        if observation.generation > initiator.generation
    ]
    earlier = [o for o in observations if o.generation <= initiator.generation]
    return earlier[-count:], sorted(siblings, key=lambda observation: observation.number)
