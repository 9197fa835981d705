"""Population-based training."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    ExplorationScope,
    Fitness,
    Inheritance,
    PopulationBasedTraining,
    SubPopulation,
)

from ...algorithms import defaults
from ...algorithms.pareto import MAX_COMPARED
from ..violations import MAX_PLACES, Violations
from . import exploration, metrics, selection

MAX_SUB_POPULATIONS = 100


def check(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    population = spec.population_based_training
    violations.whole(f"{field}.population_size", population.population_size, least=1, most=MAX_PLACES)
    violations.known(f"{field}.fitness", population.fitness, pb.Fitness.items())
    if is_pareto(spec):
        _pareto(violations, field, population, len(spec.metrics))
    selection.check(violations, field, population, pareto=is_pareto(spec))
    exploration.check(violations, field, population, pareto=is_pareto(spec))
    violations.known(f"{field}.inheritance", population.inheritance, pb.Inheritance.items())
    violations.known(f"{field}.exploration_scope", population.exploration_scope, pb.ExplorationScope.items())
    if population.HasField("crossover"):
        _crossover(violations, f"{field}.crossover", population.crossover)
    if population.HasField("start_after_members"):
        most = max(0, population.population_size)
        violations.whole(f"{field}.start_after_members", population.start_after_members, most=most)
    if population.sub_populations:
        _sub_populations(violations, f"{field}.sub_populations", population)
    _controls(violations, f"{field}.control_members", population)
    violations.whole(f"{field}.migration_interval", population.migration_interval)
    if population.migration_interval > 0 and len(population.sub_populations) < 2:
        violations.add(f"{field}.migration_interval", "needs at least two sub_populations, or must be 0")


def spell_out(spec: pb.StudySpec) -> None:
    """Before the metrics, which say by their weights whether they are to be weighted."""
    population = spec.population_based_training
    population.fitness = pb.FITNESS_PARETO if is_pareto(spec) else pb.FITNESS_WEIGHTED
    population.inheritance = population.inheritance or pb.INHERITANCE_WEIGHTS_AND_PARAMETERS
    _spell_out_controls(population)
    selection.spell_out(population)
    if not population.exploration_scope:
        own_weights = population.WhichOneof("selection") in ("initiator", "no_selection")
        population.exploration_scope = (
            pb.EXPLORATION_SCOPE_EVERY_CHILD if own_weights else pb.EXPLORATION_SCOPE_COPIES_ONLY
        )
    exploration.spell_out(population)
    if not population.HasField("start_after_members"):
        population.start_after_members = 0


def record(population: pb.PopulationBasedTraining) -> PopulationBasedTraining:
    return PopulationBasedTraining(
        population_size=population.population_size,
        selection=selection.record(population),
        exploration=exploration.record(population),
        inheritance=(
            Inheritance.WEIGHTS
            if population.inheritance == pb.INHERITANCE_WEIGHTS
            else Inheritance.WEIGHTS_AND_PARAMETERS
        ),
        exploration_scope=(
            ExplorationScope.EVERY_CHILD
            if population.exploration_scope == pb.EXPLORATION_SCOPE_EVERY_CHILD
            else ExplorationScope.COPIES_ONLY
        ),
        start_after_members=population.start_after_members,
        synchronous=population.synchronous,
        fitness=Fitness.PARETO if population.fitness == pb.FITNESS_PARETO else Fitness.WEIGHTED,
        crossover=population.crossover.probability,
        sub_populations=tuple(
            SubPopulation(part.size, part.steps_per_trial) for part in population.sub_populations
        ),
        migration_interval=population.migration_interval,
        control_members=population.control_members,
    )


def _spell_out_controls(population: pb.PopulationBasedTraining) -> None:
    """Spelled out before the selection, whose absence asks for them."""
    if not population.HasField("control_members"):
        given = population.WhichOneof("selection") or population.sub_populations
        population.control_members = (
            0 if given else population.population_size // defaults.MEMBERS_PER_CONTROL
        )


def _controls(violations: Violations, field: str, population: pb.PopulationBasedTraining) -> None:
    violations.whole(field, population.control_members)
    if population.control_members > max(0, population.population_size - 2):
        violations.add(
            field,
            f"is {population.control_members}, must leave two of the {population.population_size} members that are"
            " compared, or be 0",
        )
    if population.control_members > 0 and population.sub_populations:
        violations.add(field, "must be 0 where there are sub_populations, which are a remedy of their own")


def is_pareto(spec: pb.StudySpec) -> bool:
    """Of a specification that is spelled out or not.

    Several metrics of which none has a weight are not added up: nobody has said what one is worth in another.
    """
    given = spec.population_based_training.fitness
    if given:
        return given == pb.FITNESS_PARETO
    return metrics.unweighted(spec)


def _pareto(violations: Violations, field: str, population: pb.PopulationBasedTraining, metrics: int) -> None:
    if metrics < 2:
        violations.add(
            f"{field}.fitness", f"FITNESS_PARETO needs at least 2 metrics, the study has {metrics}"
        )
    if metrics > 2 and population.population_size > MAX_COMPARED:
        violations.add(
            f"{field}.population_size",
            f"is {population.population_size}, at most {MAX_COMPARED} are compared by FITNESS_PARETO"
            " with more than two metrics: give the metrics weights",
        )


def _crossover(violations: Violations, field: str, crossover: pb.Crossover) -> None:
    if not 0.0 < crossover.probability <= 1.0:
        violations.add(
            f"{field}.probability", f"is {crossover.probability:g}, must be greater than 0 and at most 1"
        )


def _sub_populations(violations: Violations, field: str, population: pb.PopulationBasedTraining) -> None:
    count = len(population.sub_populations)
    if count > MAX_SUB_POPULATIONS:
        violations.add(field, f"has {count} entries, at most {MAX_SUB_POPULATIONS} are allowed")
    for place, part in enumerate(population.sub_populations):
        violations.whole(f"{field}[{place}].size", part.size, least=1, most=MAX_PLACES)
        violations.whole(f"{field}[{place}].steps_per_trial", part.steps_per_trial, least=1)
    total = sum(part.size for part in population.sub_populations)
    if total != population.population_size:
        violations.add(
            field, f"have {total} members together, must have population_size {population.population_size}"
        )
