"""What becomes of a final trial's place: who is the parent, and with which hyperparameters it goes on."""

from progenitor_storage.model.spec import (
    ExplorationScope,
    Inheritance,
    Mutation,
    NoExploration,
    Parameters,
    PopulationBasedTraining,
    Spec,
)
from progenitor_storage.model.trial import Candidate, StopCause, Trial

from .drafts import afresh, again, continued
from .history import History
from .mutation import mutate_all
from .opponents import as_candidate, opponents
from .population import CLOSED, Place, Reproduction, at_end, interrupted, own_ancestor
from .search import search_on
from .selection import select
from .streams import Purpose, Stream


def decide(spec: Spec, history: History, place: Place, initiator: Trial) -> Reproduction:
    """The one child that `initiator`, a final trial, initiates in its place.

    A trial that has reached `max_steps` initiates none.
    """
    if at_end(spec, initiator.reached):
        return CLOSED
    match spec.algorithm:
        case PopulationBasedTraining() as algorithm:
            return _reproduce(spec, algorithm, history, place, initiator)
        case _:
            return search_on(spec, place, initiator)


def alone(spec: Spec, place: Place, initiator: Trial) -> Reproduction:
    """For a decision that could not be made: the place goes on from its own weights and hyperparameters."""
    own = own_ancestor(spec, place)
    if own is None:
        return Reproduction(afresh(spec, initiator), fallback=True)
    return Reproduction(continued(spec, initiator, own, own.parameters), fallback=not initiator.usable)


def _reproduce(
    spec: Spec, algorithm: PopulationBasedTraining, history: History, place: Place, initiator: Trial
) -> Reproduction:
    own = own_ancestor(spec, place)
    if own and interrupted(initiator):
        return Reproduction(continued(spec, initiator, own, own.parameters))

    failed = not initiator.usable and initiator.stop_cause is StopCause.NONE
    if failed and place.fallbacks >= spec.max_failures_per_trial:
        return CLOSED  # whatever it is given: else a population whose children all fail would never end
    stream = Stream(spec.seed, initiator.member, initiator.generation + 1, Purpose.SELECTION)
    choice = select(
        algorithm.selection,
        as_candidate(initiator),
        initiator.generation,
        opponents(spec, algorithm, history, initiator),
        stream,
    )
    if choice.parent:
        parent = (
            initiator if choice.parent.number == initiator.number else history.trial(choice.parent.number)
        )
        child = _child(spec, algorithm, initiator, parent, choice.opponent)
        return Reproduction(child, fallback=failed)

    if interrupted(initiator):
        return Reproduction(afresh(spec, initiator) if place.fallbacks else again(spec, initiator))
    if place.fallbacks >= spec.max_failures_per_trial:
        return CLOSED
    own_child = _child(spec, algorithm, initiator, own, opponent=None) if own else None
    return Reproduction(own_child or afresh(spec, initiator), fallback=True)


def _child(
    spec: Spec,
    algorithm: PopulationBasedTraining,
    initiator: Trial,
    parent: Trial,
    opponent: Candidate | None,
) -> Trial:
    parameters = _inherited(spec, algorithm, initiator, parent)
    if algorithm.exploration_scope is ExplorationScope.EVERY_CHILD or parent is not initiator:
        parameters = _explored(spec, algorithm, initiator, parameters)
    return continued(spec, initiator, parent, parameters, opponent)


def _inherited(spec: Spec, algorithm: PopulationBasedTraining, initiator: Trial, parent: Trial) -> Parameters:
    """Immutable parameters come with the weights that they shape, and nothing from an unusable initiator."""
    if algorithm.inheritance is Inheritance.WEIGHTS_AND_PARAMETERS or not initiator.usable:
        return parent.parameters
    return {
        parameter.name: (parent if parameter.immutable else initiator).parameters[parameter.name]
        for parameter in spec.parameters
    }


def _explored(
    spec: Spec, algorithm: PopulationBasedTraining, initiator: Trial, inherited: Parameters
) -> Parameters:
    match algorithm.exploration:
        case NoExploration():
            return inherited
        case Mutation() as mutation:
            stream = Stream(spec.seed, initiator.member, initiator.generation + 1, Purpose.EXPLORATION)
            return mutate_all(mutation, spec.parameters, inherited, stream)
        case other:
            raise NotImplementedError(f"exploration by {other}")
