"""What becomes of a final trial's place: who is the parent, and with which hyperparameters it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from progenitor_storage.model.spec import (
    Custom,
    ExplorationScope,
    Inheritance,
    Parameters,
    PopulationBasedTraining,
    Spec,
)
from progenitor_storage.model.trial import Candidate, StopCause, Trial

from .crossover import crossed, second_parent, taken
from .custom import decisions as custom
from .drafts import afresh, again, continued
from .exploration import explored
from .fitness import comparable, fitness, is_pareto
from .history import History
from .migration import migrate
from .opponents import as_candidate, opponents, peers
from .population import CLOSED, ENDED, Place, Reproduction, at_end, controls, interrupted, own_ancestor
from .search import search_on
from .selection import Choice, select
from .streams import Purpose, Stream


def decide(spec: Spec, history: History, place: Place, initiator: Trial) -> Reproduction:
    """The one child that `initiator`, a final trial, initiates in its place.

    A trial that has reached `max_steps` initiates none.
    """
    if at_end(spec, initiator.reached):
        return ENDED
    match spec.algorithm:
        case PopulationBasedTraining() as algorithm:
            return _reproduce(_Due(spec, algorithm, history, initiator), place)
        case Custom() as plug_in:
            return custom.gone_on(spec, plug_in, history, place, initiator)
        case _:
            return search_on(spec, place, initiator)


def alone(spec: Spec, place: Place, initiator: Trial) -> Reproduction:
    """For a decision that could not be made: the place goes on from its own weights and hyperparameters."""
    own = own_ancestor(spec, place)
    if own is None:
        return Reproduction(afresh(spec, initiator), fallback=True)
    return Reproduction(continued(spec, initiator, own, own.parameters), fallback=not initiator.usable)


@dataclass(frozen=True, slots=True)
class _Due:
    """A reproduction that is due, and what it is decided from."""

    spec: Spec
    algorithm: PopulationBasedTraining
    history: History
    initiator: Trial

    def stream(self, purpose: Purpose) -> Stream:
        return Stream(self.spec.seed, self.initiator.member, self.initiator.generation + 1, purpose)

    def compared(self, others: Sequence[Candidate]) -> tuple[Candidate | None, list[Candidate]]:
        """The initiator, if anybody can go on from it, and the others, with a fitness that counts among them."""
        mine = as_candidate(self.initiator)
        if not others:
            return mine, []
        if mine is None:
            return None, comparable(self.spec, self.history, others)
        first, *rest = comparable(self.spec, self.history, [mine, *others])
        return first, rest

    def trial(self, candidate: Candidate) -> Trial:
        is_initiator = candidate.number == self.initiator.number
        return self.initiator if is_initiator else self.history.trial(candidate.number)


def _reproduce(due: _Due, place: Place) -> Reproduction:
    spec, initiator = due.spec, due.initiator
    own = own_ancestor(spec, place)
    if own and (interrupted(initiator) or _keeps_its_own(due, place)):
        return Reproduction(
            continued(spec, initiator, own, own.parameters),
            fallback=not initiator.usable and not interrupted(initiator),
        )

    failed = not initiator.usable and initiator.stop_cause is StopCause.NONE
    if failed and place.fallbacks >= spec.max_failures_per_trial:
        return CLOSED  # whatever it is given: else a population whose children all fail would never end
    choice = _chosen(due)
    if choice.parent:
        return Reproduction(_child(due, due.trial(choice.parent), choice), fallback=failed)

    if interrupted(initiator):
        return Reproduction(afresh(spec, initiator) if place.fallbacks else again(spec, initiator))
    if place.fallbacks >= spec.max_failures_per_trial:
        return CLOSED
    own_child = _child(due, own, Choice(None)) if own else None
    return Reproduction(own_child or afresh(spec, initiator), fallback=True)


def _keeps_its_own(due: _Due, place: Place) -> bool:
    """Whether a control goes on as it is. One that has failed gets one more try: its settings may not be to blame."""
    return due.initiator.member in controls(due.spec) and not place.fallbacks


def _chosen(due: _Due) -> Choice:
    stream = due.stream(Purpose.SELECTION)
    migrated = migrate(due.spec, due.algorithm, due.history, due.initiator, stream)
    if migrated:
        return migrated
    rivals = opponents(due.spec, due.algorithm, due.history, due.initiator)
    mine, others = due.compared(rivals)
    if due.initiator.stop_cause is StopCause.RULE:
        others = _heirs(due, others)
    selection = due.algorithm.selection
    if isinstance(selection, Custom):
        return custom.selected(selection, due.history, due.initiator, (mine, others), stream)
    return select(selection, mine, others, due.history, stream, controls=controls(due.spec))


def _heirs(due: _Due, others: list[Candidate]) -> list[Candidate]:
    """Who may go on in a stopped trial's place: those that are no worse than it had become, else the fittest."""
    measured = due.initiator.measurement
    reached = None if measured is None else fitness(due.spec.metrics, measured.metrics)
    if reached is None or is_pareto(due.spec) or not others:
        return others
    enough = min(reached, max(other.fitness for other in others))
    return [other for other in others if other.fitness >= enough]


def _child(due: _Due, parent: Trial, choice: Choice) -> Trial:
    second = due.trial(choice.tuned_by) if choice.tuned_by else None
    parameters = _inherited(due, parent, second or parent)
    if due.algorithm.exploration_scope is ExplorationScope.EVERY_CHILD or parent is not due.initiator:
        if due.algorithm.crossover and second is None:
            second, parameters = _crossed(due, parent, parameters)
        parameters = explored(
            due.spec,
            due.algorithm,
            due.history,
            initiator=due.initiator,
            parent=parent,
            second=second,
            inherited=parameters,
        )
    child = continued(due.spec, due.initiator, parent, parameters, choice.opponent)
    return replace(child, second_parent=second.number) if second else child


def _inherited(due: _Due, parent: Trial, tuner: Trial) -> Parameters:
    """Immutable parameters come with the weights that they shape, and nothing from an unusable initiator."""
    if due.algorithm.inheritance is Inheritance.WEIGHTS and due.initiator.usable:
        tuner = due.initiator
    return {
        parameter.name: (parent if parameter.immutable else tuner).parameters[parameter.name]
        for parameter in due.spec.parameters
    }


def _crossed(due: _Due, parent: Trial, inherited: Parameters) -> tuple[Trial | None, Parameters]:
    """The second parent, if the child has any hyperparameter of one, and the hyperparameters."""
    stream = due.stream(Purpose.CROSSOVER)
    names = taken(due.spec.parameters, due.algorithm.crossover, stream)
    mine, others = due.compared(peers(due.spec, due.algorithm, due.history, due.initiator))
    mate = second_parent([*others, mine] if mine else others, parent.member, stream)
    if not names or mate is None:
        return None, inherited
    second = due.trial(mate)
    return second, crossed(inherited, second.parameters, names)
