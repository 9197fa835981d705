"""Specifications, populations and hypothesis strategies for them."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    Budget,
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    ExplorationScope,
    Factors,
    Goal,
    Inheritance,
    InitiatorSelection,
    IntegerDomain,
    MetricSpec,
    Mutation,
    NoSelection,
    Parameters,
    ParameterSpec,
    PopulationBasedTraining,
    Scale,
    Selection,
    Sigma,
    Spec,
    TruncationSelection,
    TTestSelection,
    Value,
)
from progenitor_storage.model.trial import Checkpoint, StopCause, Trial, TrialState

INT64 = 2**63
HUGE = 1.7e308

PARAMETERS = (
    ParameterSpec("rate", DoubleDomain(1e-5, 1e-1, Scale.LOG)),
    ParameterSpec("dropout", DoubleDomain(0.0, 0.9)),
    ParameterSpec("layers", IntegerDomain(1, 12)),
    ParameterSpec("batch", DiscreteDomain((16.0, 32.0, 64.0, 128.0))),
    ParameterSpec("optimizer", CategoricalDomain(("sgd", "adam", "lion"))),
    ParameterSpec("width", IntegerDomain(8, 4096, Scale.LOG), immutable=True),
)
HYPERPARAMETERS: Parameters = {
    "rate": 1e-3,
    "dropout": 0.1,
    "layers": 3,
    "batch": 32.0,
    "optimizer": "sgd",
    "width": 64,
}
MUTATION = Mutation(Factors((0.8, 1.2)), resample_probability=0.25, mutation_probability=1.0)
PBT = PopulationBasedTraining(
    population_size=8,
    selection=TruncationSelection(0.25),
    exploration=MUTATION,
    inheritance=Inheritance.WEIGHTS_AND_PARAMETERS,
    exploration_scope=ExplorationScope.COPIES_ONLY,
    start_after_members=1,
    synchronous=False,
)
SPEC = Spec(
    parameters=PARAMETERS,
    metrics=(MetricSpec("accuracy", Goal.MAXIMIZE),),
    steps_per_trial=5,
    budget=Budget(max_steps=100),
    seed=7,
    lease_duration=60.0,
    max_failures_per_trial=3,
    initial_population=(),
    algorithm=PBT,
    stopping=None,
)
SELECTIONS: tuple[Selection, ...] = (
    TruncationSelection(0.3, spare_improving=True),
    TruncationSelection(0.2),
    TruncationSelection(0.5),
    BinaryTournamentSelection(),
    InitiatorSelection(1),
    InitiatorSelection(2),
    TTestSelection(0.05, 10),
)


def pbt(**changes: object) -> Spec:
    """SPEC with a changed algorithm."""
    return replace(SPEC, algorithm=replace(PBT, **changes))  # type: ignore[arg-type]  # keywords of the record


def completed(draft: Trial, number: int, fitness: float | None) -> Trial:
    """What a draft becomes when it has been trained."""
    checkpoint = Checkpoint(f"uid/{number}", draft.end_step, size=1, digest=f"sha256:{number}")
    return replace(
        draft,
        number=number,
        state=TrialState.COMPLETED,
        fitness=fitness,
        checkpoint=checkpoint,
        step=draft.end_step,
    )


def failed(draft: Trial, number: int) -> Trial:
    return replace(draft, number=number, state=TrialState.FAILED)


def stopped(draft: Trial, number: int, cause: StopCause) -> Trial:
    return replace(draft, number=number, state=TrialState.STOPPED, stop_cause=cause)


def inside(domain: Domain, value: Value) -> bool:
    """Whether `value` is in `domain` and of exactly its type."""
    match domain:
        case DoubleDomain(low, high):
            return type(value) is float and low <= value <= high
        case IntegerDomain(low, high):
            return type(value) is int and low <= value <= high
        case DiscreteDomain(values):
            return type(value) is float and value in values
        case CategoricalDomain(values):
            return type(value) is str and value in values


def all_inside(parameters: Iterable[ParameterSpec], values: Parameters) -> bool:
    specified = tuple(parameters)
    return set(values) == {p.name for p in specified} and all(
        inside(p.domain, values[p.name]) for p in specified
    )


@st.composite
def double_domains(draw: st.DrawFn) -> DoubleDomain:
    scale = draw(st.sampled_from(Scale))
    least = 5e-324 if scale is Scale.LOG else -HUGE
    bounds = st.floats(least, HUGE, allow_nan=False)
    low, high = sorted((draw(bounds), draw(bounds)))
    return DoubleDomain(low, high, scale)


@st.composite
def integer_domains(draw: st.DrawFn) -> IntegerDomain:
    scale = draw(st.sampled_from(Scale))
    bounds = st.integers(1 if scale is Scale.LOG else -INT64, INT64 - 1)
    near = draw(bounds)
    low, high = sorted((near, draw(bounds | st.integers(near, min(near + 9, INT64 - 1)))))
    return IntegerDomain(low, high, scale)


def discrete_domains() -> st.SearchStrategy[DiscreteDomain]:
    values = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=6, unique=True)
    return values.map(lambda chosen: DiscreteDomain(tuple(sorted(chosen))))


def categorical_domains() -> st.SearchStrategy[CategoricalDomain]:
    names = st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True)
    return names.map(lambda chosen: CategoricalDomain(tuple(chosen)))


def domains() -> st.SearchStrategy[Domain]:
    return st.one_of(double_domains(), integer_domains(), discrete_domains(), categorical_domains())


def values_of(domain: Domain) -> st.SearchStrategy[Value]:
    match domain:
        case DoubleDomain(low, high):
            return st.floats(low, high)
        case IntegerDomain(low, high):
            return st.integers(low, high)
        case DiscreteDomain(numbers):
            return st.sampled_from(numbers)
        case CategoricalDomain(names):
            return st.sampled_from(names)


def mutations() -> st.SearchStrategy[Mutation]:
    probability = st.sampled_from((0.0, 0.25, 1.0)) | st.floats(0.0, 1.0)
    factors = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=4).map(
        lambda chosen: Factors(tuple(chosen))
    )
    sigma = st.floats(0.0, 1e3).map(Sigma)
    return st.builds(Mutation, factors | sigma, probability, probability)


@st.composite
def populations(draw: st.DrawFn, spec: Spec = SPEC, least: int = 2, generations: int = 1) -> list[Trial]:
    """Completed trials, one for each member and generation, of any fitness that is finite; nobody was copied."""
    members = draw(st.integers(least, 8))
    # Few distinct values, so that ties happen.
    fitnesses = st.sampled_from((-1.0, 0.0, 1.0)) | st.floats(-1e300, 1e300)
    trials: list[Trial] = []
    for generation in range(generations):
        for member in range(members):
            start = generation * spec.steps_per_trial
            draft = Trial(
                member=member,
                generation=generation,
                parameters={p.name: draw(values_of(p.domain)) for p in spec.parameters},
                seed=0,
                parent=trials[-members].number if generation else None,
                start_step=start,
                end_step=start + spec.steps_per_trial,
            )
            trials.append(completed(draft, len(trials) + 1, draw(fitnesses)))
    return trials


__all__ = [
    "HYPERPARAMETERS",
    "INT64",
    "MUTATION",
    "PARAMETERS",
    "PBT",
    "SELECTIONS",
    "SPEC",
    "NoSelection",
    "all_inside",
    "completed",
    "domains",
    "failed",
    "inside",
    "mutations",
    "pbt",
    "populations",
    "stopped",
    "values_of",
]
