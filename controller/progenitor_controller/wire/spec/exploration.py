"""How a child's hyperparameters come to differ from those that it inherits."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import (
    Exploration,
    Factors,
    GaussianProcessExploration,
    Mutation,
    NoExploration,
    PendingTrials,
    Sigma,
)

from ...algorithms import defaults
from ..violations import COMPARES_ONE_NUMBER, Violations
from . import plug_ins

MAX_HISTORY = 1000
"""Observations that a model is fitted to, at the cost of their number's cube."""

PENDING = {
    pb.PENDING_TRIALS_MEAN: PendingTrials.MEAN,
    pb.PENDING_TRIALS_OPTIMISTIC: PendingTrials.OPTIMISTIC,
    pb.PENDING_TRIALS_PESSIMISTIC: PendingTrials.PESSIMISTIC,
    pb.PENDING_TRIALS_THOMPSON_SAMPLING: PendingTrials.THOMPSON_SAMPLING,
}


def check(
    violations: Violations, field: str, population: pb.PopulationBasedTraining, *, pareto: bool
) -> None:
    match population.WhichOneof("exploration"):
        case "mutation":
            _mutation(violations, f"{field}.mutation", population.mutation)
        case "gaussian_process":
            model = population.gaussian_process
            violations.count(f"{field}.gaussian_process.history", model.history, least=2, most=MAX_HISTORY)
            violations.known(f"{field}.gaussian_process.pending", model.pending, pb.PendingTrials.items())
            if pareto:
                violations.add(f"{field}.gaussian_process", COMPARES_ONE_NUMBER)


def spell_out(population: pb.PopulationBasedTraining) -> None:
    """The scope of exploration is spelled out before: how often mutation resamples depends on it."""
    if population.WhichOneof("exploration") is None:
        population.mutation.SetInParent()
    match population.WhichOneof("exploration"):
        case "mutation":
            every_child = population.exploration_scope == pb.EXPLORATION_SCOPE_EVERY_CHILD
            _spell_out_mutation(
                population.mutation,
                defaults.RESAMPLE_PROBABILITY_OF_EVERY_CHILD
                if every_child
                else defaults.RESAMPLE_PROBABILITY,
            )
        case "gaussian_process":
            model = population.gaussian_process
            model.history = model.history or defaults.GAUSSIAN_PROCESS_HISTORY
            model.pending = model.pending or pb.PENDING_TRIALS_MEAN


def record(population: pb.PopulationBasedTraining) -> Exploration:
    match population.WhichOneof("exploration"):
        case "mutation":
            return _mutation_record(population.mutation)
        case "gaussian_process":
            model = population.gaussian_process
            return GaussianProcessExploration(model.history, PENDING[model.pending])
        case "no_exploration":
            return NoExploration()
        case "custom_exploration":
            return plug_ins.record(population.custom_exploration)
        case other:
            raise ValueError(f"an effective specification has no exploration {other!r}")


def _mutation(violations: Violations, field: str, mutation: pb.Mutation) -> None:
    match mutation.WhichOneof("step"):
        case "sigma":
            violations.positive(f"{field}.sigma", mutation.sigma)
        case "factors":
            for place, factor in enumerate(mutation.factors.values):
                violations.positive(f"{field}.factors.values[{place}]", factor)
    for name in ("resample_probability", "mutation_probability"):
        violations.within(f"{field}.{name}", getattr(mutation, name), 0.0, 1.0)


def _spell_out_mutation(mutation: pb.Mutation, resample_probability: float) -> None:
    match mutation.WhichOneof("step"):
        case None:
            mutation.sigma = defaults.SIGMA
        case "factors" if not mutation.factors.values:
            mutation.factors.values.extend(defaults.FACTORS)
    if not mutation.HasField("resample_probability"):
        mutation.resample_probability = resample_probability
    if not mutation.HasField("mutation_probability"):
        mutation.mutation_probability = defaults.MUTATION_PROBABILITY


def _mutation_record(mutation: pb.Mutation) -> Mutation:
    return Mutation(
        step=(
            Sigma(mutation.sigma)
            if mutation.WhichOneof("step") == "sigma"
            else Factors(tuple(mutation.factors.values))
        ),
        resample_probability=mutation.resample_probability,
        mutation_probability=mutation.mutation_probability,
    )
