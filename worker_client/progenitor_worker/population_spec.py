"""Population-based training as the controller takes it. Raises StudyError for what cannot be, naming the argument."""

from collections.abc import Mapping, Sequence
from typing import Any

from progenitor.v1 import study_pb2 as pb

from .arguments import (
    StudyError,
    need_choice,
    need_count,
    need_flag,
    need_list,
    need_number,
    need_positive,
    need_probability,
    need_whole,
    not_one_of,
)
from .custom_spec import to_custom
from .options import (
    BinaryTournamentSelection,
    Custom,
    Exploration,
    GaussianProcessExploration,
    InitiatorSelection,
    Mutation,
    NoExploration,
    NoSelection,
    Selection,
    SubPopulation,
    TruncationSelection,
    TTestSelection,
)

FITNESSES: dict[str, Any] = {"weighted": pb.FITNESS_WEIGHTED, "pareto": pb.FITNESS_PARETO}
INHERITANCES: dict[str, Any] = {
    "weights_and_parameters": pb.INHERITANCE_WEIGHTS_AND_PARAMETERS,
    "weights": pb.INHERITANCE_WEIGHTS,
}
SCOPES: dict[str, Any] = {
    "every_child": pb.EXPLORATION_SCOPE_EVERY_CHILD,
    "copies_only": pb.EXPLORATION_SCOPE_COPIES_ONLY,
}
PENDING: dict[str, Any] = {
    "mean": pb.PENDING_TRIALS_MEAN,
    "optimistic": pb.PENDING_TRIALS_OPTIMISTIC,
    "pessimistic": pb.PENDING_TRIALS_PESSIMISTIC,
    "thompson_sampling": pb.PENDING_TRIALS_THOMPSON_SAMPLING,
}


def to_population(options: Mapping[str, Any], steps_per_trial: int) -> pb.PopulationBasedTraining:
    parts = to_sub_populations(options["sub_populations"], steps_per_trial)
    population = pb.PopulationBasedTraining(
        population_size=size_of(options["population_size"], parts),
        sub_populations=parts,
        synchronous=need_flag("synchronous", options["synchronous"] or False),
    )
    if options["fitness"] is not None:
        population.fitness = need_choice("fitness", options["fitness"], FITNESSES)
    set_selection(population, options["selection"])
    set_exploration(population, options["exploration"])
    if options["inheritance"] is not None:
        population.inheritance = need_choice("inheritance", options["inheritance"], INHERITANCES)
    if options["exploration_scope"] is not None:
        population.exploration_scope = need_choice("exploration_scope", options["exploration_scope"], SCOPES)
    if options["crossover"] is not None:
        population.crossover.probability = need_probability("crossover", options["crossover"])
    if options["start_after_members"] is not None:
        population.start_after_members = need_count("start_after_members", options["start_after_members"], 0)
    if options["control_members"] is not None:
        population.control_members = need_count("control_members", options["control_members"], 0)
    if options["migration_interval"] is not None:
        if len(parts) < 2:
            raise StudyError("migration_interval needs at least two sub_populations")
        population.migration_interval = need_count("migration_interval", options["migration_interval"])
    return population


def to_sub_populations(given: object, steps_per_trial: int) -> list[pb.SubPopulation]:
    parts = []
    for place, part in enumerate(() if given is None else need_list("sub_populations", given)):
        argument = f"sub_populations[{place}]"
        if not isinstance(part, SubPopulation):
            raise StudyError(f"{argument} must be a SubPopulation(size, steps_per_trial), it is {part!r}")
        steps = steps_per_trial if part.steps_per_trial is None else part.steps_per_trial
        parts.append(
            pb.SubPopulation(
                size=need_count(f"{argument}.size", part.size),
                steps_per_trial=need_whole(f"{argument}.steps_per_trial", steps, least=1),
            )
        )
    return parts


def size_of(given: object, parts: Sequence[pb.SubPopulation]) -> int:
    """Of the whole population; that of its parts together, if there are any."""
    together = sum(part.size for part in parts)
    if given is None and parts:
        return need_count("the sizes of sub_populations together", together)
    if given is None:
        raise StudyError("population_size is missing: how many members train side by side, such as 8")
    size = need_count("population_size", given)
    if parts and size != together:
        raise StudyError(
            f"sub_populations have {together} members together, population_size is {size}: leave it out"
        )
    return size


def set_selection(population: pb.PopulationBasedTraining, selection: object) -> None:
    match selection:
        case None:
            return
        case InitiatorSelection(opponent_generations=generations):
            population.initiator.SetInParent()
            if generations is not None:
                population.initiator.opponent_generations = need_count("opponent_generations", generations)
        case TruncationSelection(fraction=fraction, spare_improving=spare_improving):
            population.truncation.spare_improving = need_flag("spare_improving", spare_improving)
            population.truncation.SetInParent()
            if fraction is not None:
                population.truncation.fraction = need_positive("fraction", fraction)
        case TTestSelection():
            population.t_test.CopyFrom(to_t_test(selection))
        case BinaryTournamentSelection():
            population.binary_tournament.SetInParent()
        case NoSelection():
            population.no_selection.SetInParent()
        case Custom():
            population.custom_selection.CopyFrom(to_custom("selection", selection))
        case _:
            raise not_one_of("selection", Selection, selection)


def to_t_test(selection: TTestSelection) -> pb.TTestSelection:
    made = pb.TTestSelection()
    if selection.significance is not None:
        made.significance = need_probability("significance", selection.significance)
    if selection.window is not None:
        made.window = need_count("window", selection.window, least=2)
    return made


def set_exploration(population: pb.PopulationBasedTraining, exploration: object) -> None:
    match exploration:
        case None:
            return
        case NoExploration():
            population.no_exploration.SetInParent()
        case Mutation():
            population.mutation.CopyFrom(to_mutation(exploration))
        case GaussianProcessExploration(history=history, pending=pending):
            population.gaussian_process.SetInParent()
            if history is not None:
                population.gaussian_process.history = need_count("history", history, least=2)
            if pending is not None:
                population.gaussian_process.pending = need_choice("pending", pending, PENDING)
        case Custom():
            population.custom_exploration.CopyFrom(to_custom("exploration", exploration))
        case _:
            raise not_one_of("exploration", Exploration, exploration)


def to_mutation(mutation: Mutation) -> pb.Mutation:
    if mutation.factors is not None and mutation.sigma is not None:
        raise StudyError("Mutation takes factors or sigma, not both")
    made = pb.Mutation()
    if mutation.factors is not None:
        if not need_list("Mutation(factors=…)", mutation.factors):
            raise StudyError("Mutation(factors=…) must have at least one entry, or be left out")
        values = [need_positive("each of Mutation(factors=…)", factor) for factor in mutation.factors]
        made.factors.values.extend(values)
    if mutation.sigma is not None:
        made.sigma = need_positive("sigma", mutation.sigma)
    for name in ("resample_probability", "mutation_probability"):
        if (probability := getattr(mutation, name)) is not None:
            setattr(made, name, need_number(name, probability))
    return made
