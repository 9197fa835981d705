"""Spells out every default when a study is created, so that a later release with others decides as before."""

from progenitor.v1 import study_pb2 as pb

from ..algorithms import defaults
from .values import duration

LEASE_DURATION = 60.0
"""Seconds."""
MAX_FAILURES_PER_TRIAL = 3


def spelled_out(spec: pb.StudySpec, drawn_seed: int) -> pb.StudySpec:
    """`spec` is valid; `drawn_seed` is taken if it gives none."""
    full = pb.StudySpec()
    full.CopyFrom(spec)
    if not full.HasField("seed"):
        full.seed = drawn_seed
    if not full.HasField("lease_duration"):
        full.lease_duration.CopyFrom(duration(LEASE_DURATION))
    if not full.HasField("max_failures_per_trial"):
        full.max_failures_per_trial = MAX_FAILURES_PER_TRIAL
    full.checkpoint_retention = full.checkpoint_retention or pb.CHECKPOINT_RETENTION_ALL
    for metric in full.metrics:
        if not metric.HasField("weight"):
            metric.weight = 1.0
    for parameter in full.parameters:
        _scale(parameter)
    if full.WhichOneof("algorithm") == "population_based_training":
        _population(full.population_based_training)
    if full.WhichOneof("early_stopping") == "median_stopping":
        full.median_stopping.min_trials = full.median_stopping.min_trials or defaults.MEDIAN_MIN_TRIALS
    return full


def _scale(parameter: pb.ParameterSpec) -> None:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            parameter.double_domain.scale = parameter.double_domain.scale or pb.SCALE_LINEAR
        case "integer_domain":
            parameter.integer_domain.scale = parameter.integer_domain.scale or pb.SCALE_LINEAR


def _population(population: pb.PopulationBasedTraining) -> None:
    population.fitness = population.fitness or pb.FITNESS_WEIGHTED
    population.inheritance = population.inheritance or pb.INHERITANCE_WEIGHTS_AND_PARAMETERS
    _selection(population)
    if not population.exploration_scope:
        own_weights = population.WhichOneof("selection") in ("initiator", "no_selection")
        population.exploration_scope = (
            pb.EXPLORATION_SCOPE_EVERY_CHILD if own_weights else pb.EXPLORATION_SCOPE_COPIES_ONLY
        )
    _exploration(population)
    if not population.HasField("start_after_members"):
        population.start_after_members = 0


def _selection(population: pb.PopulationBasedTraining) -> None:
    if population.WhichOneof("selection") is None:
        population.truncation.SetInParent()
    match population.WhichOneof("selection"):
        case "initiator":
            population.initiator.opponent_generations = population.initiator.opponent_generations or 1
        case "truncation":
            population.truncation.fraction = population.truncation.fraction or defaults.TRUNCATION_FRACTION


def _exploration(population: pb.PopulationBasedTraining) -> None:
    if population.WhichOneof("exploration") is None:
        population.mutation.SetInParent()
    if population.WhichOneof("exploration") != "mutation":
        return
    mutation = population.mutation
    if mutation.WhichOneof("step") is None or (
        mutation.WhichOneof("step") == "factors" and not mutation.factors.values
    ):
        mutation.factors.values.extend(defaults.FACTORS)
    if not mutation.HasField("resample_probability"):
        every_child = population.exploration_scope == pb.EXPLORATION_SCOPE_EVERY_CHILD
        mutation.resample_probability = (
            defaults.RESAMPLE_PROBABILITY_OF_EVERY_CHILD if every_child else defaults.RESAMPLE_PROBABILITY
        )
    if not mutation.HasField("mutation_probability"):
        mutation.mutation_probability = defaults.MUTATION_PROBABILITY
