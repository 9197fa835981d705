"""What a study's specification must fulfil. Violations and what this release does not have are named."""

import math

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Domain

from .decode import domain as decode_domain
from .values import check_duration, check_value, seconds
from .violations import DIGEST, DIGEST_RULE, MAX_NAME, MAX_STEP, MAX_URI, Violations

MAX_PARAMETERS = 1000
MAX_METRICS = 100
MAX_CHOICES = 10_000
MAX_PLACES = 100_000
MAX_INITIAL_POPULATION_BYTES = 2**20
MAX_OTHER_BYTES = 2**18
"""Of a specification without its initial population: a study holds it twice, and is to fit into one message."""
LEASE_BOUNDS = (0.1, 7 * 24 * 3600.0)
"""Seconds. A shorter lease than a tenth of a second could not be renewed in time."""


def check_spec(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    size = spec.ByteSize() - sum(member.ByteSize() for member in spec.initial_population)
    if size > MAX_OTHER_BYTES:
        violations.add(
            field, f"has {size} bytes beside its initial population, at most {MAX_OTHER_BYTES} are allowed"
        )
    domains = _parameters(violations, f"{field}.parameters", spec)
    _metrics(violations, f"{field}.metrics", spec)
    violations.whole(f"{field}.steps_per_trial", spec.steps_per_trial, least=1)
    check_budget(violations, f"{field}.budget", spec.budget)
    if spec.HasField("seed"):
        violations.whole(f"{field}.seed", spec.seed, most=2**63 - 1)
    if spec.HasField("lease_duration"):
        check_duration(violations, f"{field}.lease_duration", spec.lease_duration)
        violations.within(f"{field}.lease_duration", seconds(spec.lease_duration), *LEASE_BOUNDS)
    if spec.HasField("max_failures_per_trial"):
        violations.whole(
            f"{field}.max_failures_per_trial", spec.max_failures_per_trial, least=1, most=1_000_000
        )
    violations.known(
        f"{field}.checkpoint_retention", spec.checkpoint_retention, pb.CheckpointRetention.items()
    )
    if spec.checkpoint_retention == pb.CHECKPOINT_RETENTION_NEEDED:
        violations.unsupported(f"{field}.checkpoint_retention", "leave it unset: all checkpoints are kept")
    _algorithm(violations, field, spec)
    _initial_population(violations, f"{field}.initial_population", spec, domains)
    _stopping(violations, field, spec)


def check_budget(violations: Violations, field: str, budget: pb.Budget) -> None:
    for name in ("max_steps", "max_trials", "max_total_steps"):
        violations.whole(f"{field}.{name}", getattr(budget, name))
    check_duration(violations, f"{field}.max_duration", budget.max_duration)
    if budget.HasField("target"):
        violations.finite(f"{field}.target", budget.target)
    limits = (budget.max_steps, budget.max_trials, budget.max_total_steps, seconds(budget.max_duration))
    if not any(limits) and not budget.HasField("target"):
        violations.add(
            field, "needs at least one of max_steps, max_trials, max_total_steps, max_duration and target"
        )


def _parameters(violations: Violations, field: str, spec: pb.StudySpec) -> dict[str, Domain]:
    """The domains of the parameters that are valid."""
    if len(spec.parameters) > MAX_PARAMETERS:
        violations.add(field, f"has {len(spec.parameters)} entries, at most {MAX_PARAMETERS} are allowed")
    violations.distinct(field, [parameter.name for parameter in spec.parameters])
    valid: dict[str, Domain] = {}
    for place, parameter in enumerate(spec.parameters):
        within = Violations()
        within.text(f"{field}[{place}].name", parameter.name, MAX_NAME, required=True)
        _domain(within, f"{field}[{place}]", parameter)
        if not violations.take(within):
            valid[parameter.name] = decode_domain(parameter)
    return valid


def _domain(violations: Violations, field: str, parameter: pb.ParameterSpec) -> None:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            bounds = parameter.double_domain
            lower = violations.finite(f"{field}.double_domain.min", bounds.min)
            upper = violations.finite(f"{field}.double_domain.max", bounds.max)
            if lower and upper:
                _bounds(violations, f"{field}.double_domain", bounds.min, bounds.max, bounds.scale)
        case "integer_domain":
            limits = parameter.integer_domain
            _bounds(violations, f"{field}.integer_domain", limits.min, limits.max, limits.scale)
        case "discrete_domain":
            _discrete(violations, f"{field}.discrete_domain.values", parameter.discrete_domain)
        case "categorical_domain":
            _categorical(violations, f"{field}.categorical_domain.values", parameter.categorical_domain)
        case _:
            kinds = "double_domain, integer_domain, discrete_domain, categorical_domain"
            violations.add(field, f"needs a domain: one of {kinds}")


def _bounds(violations: Violations, field: str, least: float, most: float, scale: int) -> None:
    if least > most:
        violations.add(field, f"min {least} is greater than max {most}")
    elif not math.isfinite(float(most) - float(least)):
        violations.add(field, f"the width of {least}…{most} must be a finite number")
    violations.known(f"{field}.scale", scale, pb.Scale.items())
    if scale == pb.SCALE_LOG and least <= 0:
        violations.add(f"{field}.min", f"is {least}, must be greater than 0 on a log scale")


def _discrete(violations: Violations, field: str, domain: pb.DiscreteDomain) -> None:
    _choices(violations, field, len(domain.values))
    finite = [violations.finite(f"{field}[{place}]", value) for place, value in enumerate(domain.values)]
    if all(finite) and any(a >= b for a, b in zip(domain.values, domain.values[1:], strict=False)):
        violations.add(field, "must be strictly increasing")


def _categorical(violations: Violations, field: str, domain: pb.CategoricalDomain) -> None:
    _choices(violations, field, len(domain.values))
    violations.distinct(field, domain.values)
    for place, value in enumerate(domain.values):
        violations.text(f"{field}[{place}]", value, MAX_URI)


def _choices(violations: Violations, field: str, count: int) -> None:
    if not 1 <= count <= MAX_CHOICES:
        violations.add(field, f"has {count} entries, must have from 1 to {MAX_CHOICES}")


def _metrics(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    if not 1 <= len(spec.metrics) <= MAX_METRICS:
        violations.add(field, f"has {len(spec.metrics)} entries, must have from 1 to {MAX_METRICS}")
    violations.distinct(field, [metric.name for metric in spec.metrics])
    for place, metric in enumerate(spec.metrics):
        violations.text(f"{field}[{place}].name", metric.name, MAX_NAME, required=True)
        violations.known(f"{field}[{place}].goal", metric.goal or -1, pb.Goal.items()[1:])
        if metric.HasField("weight"):
            violations.positive(f"{field}[{place}].weight", metric.weight)


def _initial_population(
    violations: Violations, field: str, spec: pb.StudySpec, domains: dict[str, Domain]
) -> None:
    places = _places(spec)
    if len(spec.initial_population) > places:
        violations.add(
            field, f"has {len(spec.initial_population)} entries, the study has only {places} members"
        )
    if sum(member.ByteSize() for member in spec.initial_population) > MAX_INITIAL_POPULATION_BYTES:
        violations.add(field, "is larger than 1 MiB")
    known = {parameter.name for parameter in spec.parameters}
    for place, member in enumerate(spec.initial_population):
        within = f"{field}[{place}]"
        for name, value in member.parameters.items():
            if name not in known:
                violations.add(f"{within}.parameters[{name!r}]"[:300], "is not a parameter of this study")
            elif name in domains:
                check_value(violations, f"{within}.parameters[{name!r}]", value, domains[name])
        violations.text(f"{within}.warm_start_uri", member.warm_start_uri, MAX_URI)
        if member.warm_start_digest and not DIGEST.fullmatch(member.warm_start_digest):
            violations.add(f"{within}.warm_start_digest", DIGEST_RULE)
        violations.whole(f"{within}.start_step", member.start_step)
        if member.start_step > 0 and not member.warm_start_uri:
            violations.add(f"{within}.start_step", f"is {member.start_step}, but there is no warm_start_uri")
        if 0 < spec.budget.max_steps <= member.start_step <= MAX_STEP:
            violations.add(
                f"{within}.start_step", f"must be less than the budget's max_steps {spec.budget.max_steps}"
            )


def _places(spec: pb.StudySpec) -> int:
    if spec.WhichOneof("algorithm") == "random_search":
        return spec.random_search.configurations
    return spec.population_based_training.population_size


def _algorithm(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    match spec.WhichOneof("algorithm"):
        case "population_based_training":
            _population(violations, f"{field}.population_based_training", spec.population_based_training)
        case "random_search":
            name = f"{field}.random_search.configurations"
            violations.whole(name, spec.random_search.configurations, least=1, most=MAX_PLACES)
        case None:
            violations.add(f"{field}.algorithm", "needs one of population_based_training, random_search")
        case other:
            violations.unsupported(f"{field}.{other}", "use population_based_training or random_search")


def _population(violations: Violations, field: str, population: pb.PopulationBasedTraining) -> None:
    violations.whole(f"{field}.population_size", population.population_size, least=1, most=MAX_PLACES)
    violations.known(f"{field}.fitness", population.fitness, pb.Fitness.items())
    if population.fitness == pb.FITNESS_PARETO:
        violations.unsupported(f"{field}.fitness", "use FITNESS_WEIGHTED")
    _selection(violations, field, population)
    _exploration(violations, field, population)
    violations.known(f"{field}.inheritance", population.inheritance, pb.Inheritance.items())
    violations.known(f"{field}.exploration_scope", population.exploration_scope, pb.ExplorationScope.items())
    if population.HasField("crossover"):
        violations.unsupported(f"{field}.crossover", "leave it unset")
    if population.HasField("start_after_members"):
        most = max(0, population.population_size)
        violations.whole(f"{field}.start_after_members", population.start_after_members, most=most)
    if population.sub_populations:
        violations.unsupported(f"{field}.sub_populations", "leave it empty: one population")
    violations.whole(f"{field}.migration_interval", population.migration_interval)
    if population.migration_interval > 0:
        violations.unsupported(f"{field}.migration_interval", "leave it 0")


def _selection(violations: Violations, field: str, population: pb.PopulationBasedTraining) -> None:
    match population.WhichOneof("selection"):
        case "initiator":
            generations = population.initiator.opponent_generations
            violations.whole(f"{field}.initiator.opponent_generations", generations, most=2)
        case "truncation":
            violations.within(f"{field}.truncation.fraction", population.truncation.fraction, 0.0, 0.5)
        case ("t_test" | "custom_selection") as other:
            violations.unsupported(
                f"{field}.{other}", "use initiator, truncation, binary_tournament or no_selection"
            )


def _exploration(violations: Violations, field: str, population: pb.PopulationBasedTraining) -> None:
    match population.WhichOneof("exploration"):
        case "mutation":
            _mutation(violations, f"{field}.mutation", population.mutation)
        case ("gaussian_process" | "custom_exploration") as other:
            violations.unsupported(f"{field}.{other}", "use mutation or no_exploration")


def _mutation(violations: Violations, field: str, mutation: pb.Mutation) -> None:
    match mutation.WhichOneof("step"):
        case "sigma":
            violations.positive(f"{field}.sigma", mutation.sigma)
        case "factors":
            for place, factor in enumerate(mutation.factors.values):
                violations.positive(f"{field}.factors.values[{place}]", factor)
    for name in ("resample_probability", "mutation_probability"):
        violations.within(f"{field}.{name}", getattr(mutation, name), 0.0, 1.0)


def _stopping(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    match spec.WhichOneof("early_stopping"):
        case "median_stopping":
            violations.whole(f"{field}.median_stopping.grace_steps", spec.median_stopping.grace_steps)
            violations.whole(
                f"{field}.median_stopping.min_trials", spec.median_stopping.min_trials, most=MAX_PLACES
            )
        case ("performance_curve_stopping" | "custom_stopping") as other:
            violations.unsupported(f"{field}.{other}", "use median_stopping")
