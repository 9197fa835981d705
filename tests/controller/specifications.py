"""Any valid specification of a study."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from hypothesis import strategies as st

from progenitor.v1 import study_pb2 as pb
from progenitor_controller.algorithms.pareto import MAX_COMPARED
from progenitor_controller.wire.spec.population import is_pareto

ALGORITHMS = [field.name for field in pb.StudySpec.DESCRIPTOR.oneofs_by_name["algorithm"].fields]

Strategy = st.SearchStrategy[Any]

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
fraction = st.floats(0.0, 1.0)
chance = st.floats(0.0, 1.0, exclude_max=True)
steps = st.integers(0, 2**40)
places = st.integers(1, 100_000)
positive = st.floats(0.0, 1e300, exclude_min=True)
seconds = st.integers(1, 10**6).map(lambda n: Duration(seconds=n // 1000, nanos=n % 1000 * 10**6))
digest = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:".__add__)
json_value = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def maybe(strategy: Strategy) -> Strategy:
    """None leaves a field unset."""
    return st.none() | strategy


def enum(values: Any) -> Strategy:
    return st.sampled_from(values.values())


def message(kind: Callable[..., Any], **fields: Strategy) -> Strategy:
    return st.builds(kind, **fields)


@st.composite
def bounds(draw: st.DrawFn, kind: Any, numbers: Strategy) -> Any:
    low, high = sorted([draw(numbers), draw(numbers)])
    scales = pb.Scale.values() if low > 0 else [pb.SCALE_UNSPECIFIED, pb.SCALE_LINEAR]
    return kind(min=low, max=high, scale=draw(st.sampled_from(scales)))


NUMERIC = {
    "double_domain": bounds(pb.DoubleDomain, st.floats(-1e307, 1e307)),
    "integer_domain": bounds(pb.IntegerDomain, st.integers(-(2**63), 2**63 - 1)),
    "discrete_domain": st.lists(st.floats(-10, 10), min_size=1, max_size=4, unique=True).map(
        lambda values: pb.DiscreteDomain(values=sorted(values))
    ),
}
DOMAINS = {
    **NUMERIC,
    "categorical_domain": st.lists(text, min_size=1, max_size=4, unique=True).map(
        lambda values: pb.CategoricalDomain(values=values)
    ),
}


@st.composite
def parameters(draw: st.DrawFn, domains: Mapping[str, Strategy], least: int) -> list[pb.ParameterSpec]:
    names = draw(st.lists(text, min_size=least, max_size=4, unique=True))
    kinds = [draw(st.sampled_from(sorted(domains))) for _ in names]
    return [
        pb.ParameterSpec(name=name, immutable=draw(st.booleans()), **{kind: draw(domains[kind])})
        for name, kind in zip(names, kinds, strict=True)
    ]


@st.composite
def metrics(draw: st.DrawFn, least: int) -> list[pb.MetricSpec]:
    names = draw(st.lists(text, min_size=least, max_size=3, unique=True))
    goals = st.sampled_from([pb.GOAL_MAXIMIZE, pb.GOAL_MINIMIZE])
    return [pb.MetricSpec(name=name, goal=draw(goals), weight=draw(maybe(positive))) for name in names]


@st.composite
def plug_ins(draw: st.DrawFn, configurations: Strategy) -> pb.CustomAlgorithm:
    options = Struct()
    options.update(draw(st.dictionaries(text, json_value, max_size=3)))
    return pb.CustomAlgorithm(algorithm="mine", options=options, configurations=draw(configurations))


part = plug_ins(st.just(0))
SELECTIONS = {
    "initiator": message(pb.InitiatorSelection, opponent_generations=st.integers(0, 2)),
    "truncation": message(
        pb.TruncationSelection, fraction=st.floats(0.0, 0.5), spare_improving=st.booleans()
    ),
    "t_test": message(pb.TTestSelection, significance=chance, window=st.just(0) | st.integers(2, 1000)),
    "binary_tournament": st.just(pb.BinaryTournamentSelection()),
    "no_selection": st.just(pb.NoSelection()),
    "custom_selection": part,
}
rates = {"resample_probability": maybe(fraction), "mutation_probability": maybe(fraction)}
EXPLORATIONS = {
    "mutation": message(
        pb.Mutation, factors=maybe(st.builds(pb.Factors, values=st.lists(positive, max_size=3))), **rates
    )
    | message(pb.Mutation, sigma=positive, **rates),
    "gaussian_process": message(
        pb.GaussianProcessExploration,
        history=st.just(0) | st.integers(2, 1000),
        pending=enum(pb.PendingTrials),
    ),
    "no_exploration": st.just(pb.NoExploration()),
    "custom_exploration": part,
}
STOPPINGS = {
    "median_stopping": message(pb.MedianStopping, grace_steps=steps, min_trials=st.integers(0, 100_000)),
    "performance_curve_stopping": message(
        pb.PerformanceCurveStopping,
        grace_steps=steps,
        probability=chance,
        min_trials=st.integers(0, 100_000),
    ),
    "custom_stopping": part,
}


@st.composite
def one_of(draw: st.DrawFn, options: Mapping[str, Strategy]) -> dict[str, Any]:
    """At most one of a oneof's fields, by name."""
    name = draw(st.sampled_from([None, *options]))
    return {} if name is None else {name: draw(options[name])}


def needs_one_number(chosen: Mapping[str, Any]) -> bool:
    spares = "truncation" in chosen and chosen["truncation"].spare_improving
    return spares or "t_test" in chosen or "gaussian_process" in chosen


def fitnesses(metrics: Sequence[pb.MetricSpec], size: int, chosen: Mapping[str, Any]) -> Strategy:
    """What a population may say of it: several metrics without any weight are Pareto unless it says otherwise."""
    possible = len(metrics) == 2 or (len(metrics) > 2 and size <= MAX_COMPARED)
    if possible and not needs_one_number(chosen):
        return st.sampled_from(pb.Fitness.values())
    if len(metrics) == 1 or any(metric.HasField("weight") for metric in metrics):
        return st.sampled_from([pb.FITNESS_UNSPECIFIED, pb.FITNESS_WEIGHTED])
    return st.just(pb.FITNESS_WEIGHTED)


@st.composite
def populations(draw: st.DrawFn, metrics: Sequence[pb.MetricSpec]) -> pb.PopulationBasedTraining:
    sizes = draw(st.lists(st.integers(1, 900), max_size=4))
    size = sum(sizes) or draw(places)
    chosen = {**draw(one_of(SELECTIONS)), **draw(one_of(EXPLORATIONS))}
    return pb.PopulationBasedTraining(
        population_size=size,
        fitness=draw(fitnesses(metrics, size, chosen)),
        inheritance=draw(enum(pb.Inheritance)),
        exploration_scope=draw(enum(pb.ExplorationScope)),
        crossover=draw(maybe(st.builds(pb.Crossover, probability=st.floats(0, 1, exclude_min=True)))),
        start_after_members=draw(maybe(st.integers(0, size))),
        synchronous=draw(st.booleans()),
        sub_populations=[
            pb.SubPopulation(size=size, steps_per_trial=draw(st.integers(1, 2**40))) for size in sizes
        ],
        migration_interval=draw(st.integers(0, 2**31 - 1)) if len(sizes) > 1 else 0,
        control_members=draw(maybe(st.integers(0, 0 if sizes else max(0, size - 2)))),
        **chosen,
    )


SEARCHES = {
    "random_search": message(pb.RandomSearch, configurations=places),
    "grid_search": message(pb.GridSearch, points_per_parameter=st.integers(1, 17)),  # 17⁴ < 100,000
    "hyperband": message(
        pb.Hyperband,
        reduction_factor=st.just(0) | st.integers(2, 100_000),
        configurations=places,
        asynchronous=st.booleans(),
    ),
    "gaussian_process_bandit": message(pb.GaussianProcessBandit, configurations=places),
    "covariance_matrix_adaptation": message(pb.CovarianceMatrixAdaptation, configurations=places),
    "custom": plug_ins(places),
}


LEARNING = {"gaussian_process_bandit": 1, "covariance_matrix_adaptation": 1}


@st.composite
def budgets(draw: st.DrawFn, least_steps: int) -> pb.Budget:
    """Lineages are at least so long where that is not 0."""
    budget = pb.Budget(
        max_steps=draw(st.integers(least_steps, 2**40)),
        max_trials=draw(steps),
        max_total_steps=draw(steps),
        max_duration=draw(maybe(seconds)),
        target=draw(maybe(st.floats(allow_nan=False, allow_infinity=False))),
    )
    if not budget.ListFields():
        budget.max_trials = 1
    return budget


@st.composite
def initial_values(draw: st.DrawFn, parameter: pb.ParameterSpec) -> pb.ParameterValue:
    match parameter.WhichOneof("domain"):
        case "double_domain":
            domain = parameter.double_domain
            return pb.ParameterValue(double_value=draw(st.floats(domain.min, domain.max)))
        case "integer_domain":
            limits = parameter.integer_domain
            return pb.ParameterValue(integer_value=draw(st.integers(limits.min, limits.max)))
        case "discrete_domain":
            return pb.ParameterValue(double_value=draw(st.sampled_from(parameter.discrete_domain.values)))
        case _:
            values = parameter.categorical_domain.values
            return pb.ParameterValue(categorical_value=draw(st.sampled_from(values)))


@st.composite
def initial_members(draw: st.DrawFn, spec: pb.StudySpec) -> pb.InitialMember:
    member = pb.InitialMember()
    if spec.WhichOneof("algorithm") != "grid_search":
        for parameter in spec.parameters:
            if draw(st.booleans()):
                member.parameters[parameter.name].CopyFrom(draw(initial_values(parameter)))
    if draw(st.booleans()):
        member.warm_start_uri = draw(text)
        member.start_step = draw(st.integers(0, max(0, spec.budget.max_steps - 1)))
        member.warm_start_digest = draw(st.just("") | digest)
    return member


@st.composite
def handlings(draw: st.DrawFn) -> dict[str, Any]:
    """What a study may say whatever it trains."""
    return {
        "lease_duration": draw(maybe(st.integers(1, 604_800).map(lambda n: Duration(seconds=n)))),
        "max_failures_per_trial": draw(maybe(st.integers(1, 1_000_000))),
        "checkpoint_retention": draw(enum(pb.CheckpointRetention)),
    }


@st.composite
def trainings(draw: st.DrawFn, algorithm: str) -> pb.StudySpec:
    numeric = algorithm == "covariance_matrix_adaptation"
    measured = draw(metrics(1))
    session = draw(st.integers(1, 2**39))
    chosen = populations(measured) if algorithm == "population_based_training" else SEARCHES[algorithm]
    spec = pb.StudySpec(
        parameters=draw(parameters(NUMERIC if numeric else DOMAINS, least=int(numeric))),
        metrics=measured,
        steps_per_trial=session,
        budget=draw(budgets({"hyperband": session + 1, **LEARNING}.get(algorithm, 0))),
        seed=draw(maybe(st.integers(0, 2**63 - 1))),
        **draw(handlings()),
        **{algorithm: draw(chosen)},
        **draw(one_of(STOPPINGS)),
    )
    if algorithm not in ("population_based_training", "custom") and len(spec.metrics) > 1:
        spec.metrics[0].weight = 1.0
    if algorithm == "population_based_training" and is_pareto(spec):
        spec.ClearField("median_stopping")
        spec.ClearField("performance_curve_stopping")
    if algorithm == "grid_search" and spec.parameters:
        spec.initial_population.extend([draw(initial_members(spec))])
    elif algorithm != "grid_search":
        spec.initial_population.extend(draw(st.lists(initial_members(spec), max_size=1)))
    return spec


@st.composite
def replays(draw: st.DrawFn) -> pb.StudySpec:
    numbers = draw(st.lists(st.integers(1, 10**18 - 1), min_size=1, max_size=5, unique=True))
    trials = [f"studies/replayed/trials/{number}" for number in numbers]
    return pb.StudySpec(replay=pb.Replay(trials=trials), **draw(handlings()))


@st.composite
def specifications(draw: st.DrawFn, algorithms: st.SearchStrategy[str]) -> pb.StudySpec:
    """Any valid specification with one of these algorithms."""
    algorithm = draw(algorithms)
    return draw(replays() if algorithm == "replay" else trainings(algorithm))
