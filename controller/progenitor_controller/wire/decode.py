"""From a study's effective specification, as stored, to the record that decisions read."""

from functools import lru_cache

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    Algorithm,
    BinaryTournamentSelection,
    Budget,
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    Exploration,
    ExplorationScope,
    Factors,
    Goal,
    Inheritance,
    InitialMember,
    InitiatorSelection,
    IntegerDomain,
    MedianStopping,
    MetricSpec,
    Mutation,
    NoExploration,
    NoSelection,
    ParameterSpec,
    PopulationBasedTraining,
    RandomSearch,
    Scale,
    Selection,
    Sigma,
    Spec,
    TruncationSelection,
)

from .values import parameters_from_wire, seconds


@lru_cache(maxsize=256)
def effective(stored: bytes) -> Spec:
    """A pure function of the stored bytes; the cache only spares parsing them for every call."""
    return decode(pb.StudySpec.FromString(stored))


def decode(spec: pb.StudySpec) -> Spec:
    """`spec` is effective: valid, and with every default spelled out."""
    return Spec(
        parameters=tuple(
            ParameterSpec(parameter.name, domain(parameter), parameter.immutable)
            for parameter in spec.parameters
        ),
        metrics=tuple(
            MetricSpec(
                metric.name,
                Goal.MAXIMIZE if metric.goal == pb.GOAL_MAXIMIZE else Goal.MINIMIZE,
                metric.weight,
            )
            for metric in spec.metrics
        ),
        steps_per_trial=spec.steps_per_trial,
        budget=budget(spec.budget),
        seed=spec.seed,
        lease_duration=seconds(spec.lease_duration),
        max_failures_per_trial=spec.max_failures_per_trial,
        initial_population=tuple(
            InitialMember(
                parameters_from_wire(member.parameters),
                member.warm_start_uri,
                member.start_step,
                member.warm_start_digest,
            )
            for member in spec.initial_population
        ),
        algorithm=_algorithm(spec),
        stopping=_stopping(spec),
    )


def domain(parameter: pb.ParameterSpec) -> Domain:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            bounds = parameter.double_domain
            return DoubleDomain(bounds.min, bounds.max, _scale(bounds.scale))
        case "integer_domain":
            limits = parameter.integer_domain
            return IntegerDomain(limits.min, limits.max, _scale(limits.scale))
        case "discrete_domain":
            return DiscreteDomain(tuple(parameter.discrete_domain.values))
        case "categorical_domain":
            return CategoricalDomain(tuple(parameter.categorical_domain.values))
        case _:
            raise ValueError(f"parameter {parameter.name!r} has no domain")


def budget(limits: pb.Budget) -> Budget:
    return Budget(
        max_steps=limits.max_steps,
        max_trials=limits.max_trials,
        max_total_steps=limits.max_total_steps,
        max_duration=seconds(limits.max_duration),
        target=limits.target if limits.HasField("target") else None,
    )


def _scale(scale: int) -> Scale:
    return Scale.LOG if scale == pb.SCALE_LOG else Scale.LINEAR


def _algorithm(spec: pb.StudySpec) -> Algorithm:
    if spec.WhichOneof("algorithm") == "random_search":
        return RandomSearch(spec.random_search.configurations)
    population = spec.population_based_training
    return PopulationBasedTraining(
        population_size=population.population_size,
        selection=_selection(population),
        exploration=_exploration(population),
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
    )


def _selection(population: pb.PopulationBasedTraining) -> Selection:
    match population.WhichOneof("selection"):
        case "initiator":
            return InitiatorSelection(population.initiator.opponent_generations)
        case "truncation":
            return TruncationSelection(population.truncation.fraction)
        case "binary_tournament":
            return BinaryTournamentSelection()
        case "no_selection":
            return NoSelection()
        case other:
            raise ValueError(f"an effective specification has no selection {other!r}")


def _exploration(population: pb.PopulationBasedTraining) -> Exploration:
    if population.WhichOneof("exploration") == "no_exploration":
        return NoExploration()
    mutation = population.mutation
    return Mutation(
        step=(
            Sigma(mutation.sigma)
            if mutation.WhichOneof("step") == "sigma"
            else Factors(tuple(mutation.factors.values))
        ),
        resample_probability=mutation.resample_probability,
        mutation_probability=mutation.mutation_probability,
    )


def _stopping(spec: pb.StudySpec) -> MedianStopping | None:
    if spec.WhichOneof("early_stopping") != "median_stopping":
        return None
    return MedianStopping(spec.median_stopping.grace_steps, spec.median_stopping.min_trials)
