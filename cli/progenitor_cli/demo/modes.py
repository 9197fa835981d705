"""The four modes of the demo, and the study of each."""

from dataclasses import dataclass
from typing import Literal

from progenitor import (
    Discrete,
    InitiatorSelection,
    Mutation,
    NoExploration,
    NoSelection,
    Study,
)

from . import quadratic

Inheritance = Literal["weights", "weights_and_parameters"]
SIGMA = 0.1
"""Of the normal draw that is added to each hyperparameter; both domains are one wide."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`key` names it in JSON, `title` for people."""

    key: str
    title: str
    selects: bool
    explores: bool


GRID = Mode("grid", "grid", selects=False, explores=False)
EXPLORE_ONLY = Mode("explore_only", "explore only", selects=False, explores=True)
EXPLOIT_ONLY = Mode("exploit_only", "exploit only", selects=True, explores=False)
PBT = Mode("pbt", "PBT", selects=True, explores=True)
MODES = (GRID, EXPLORE_ONLY, EXPLOIT_ONLY, PBT)


@dataclass(frozen=True, slots=True)
class Settings:
    """`steps` along each lineage, `ready_every` of them a trial; `eta` is the step size of the gradient steps."""

    steps: int = 75
    ready_every: int = 1
    eta: float = 0.01
    inheritance: Inheritance = "weights"


def study_of(mode: Mode, settings: Settings, seed: int) -> Study:
    mutation = Mutation(sigma=SIGMA, resample_probability=0.0, mutation_probability=1.0)
    parameters = quadratic.study.parameters | {"eta": Discrete([settings.eta], immutable=True)}
    return Study(
        name=f"demo-{mode.key.replace('_', '-')}-{seed}",
        metrics=quadratic.METRICS,
        parameters=parameters,
        initial_population=quadratic.INITIAL_POPULATION,
        population_size=len(quadratic.INITIAL_POPULATION),
        steps_per_trial=settings.ready_every,
        max_steps=settings.steps,
        seed=seed,
        synchronous=True,
        selection=InitiatorSelection() if mode.selects else NoSelection(),
        exploration=mutation if mode.explores else NoExploration(),
        exploration_scope="every_child",
        inheritance=settings.inheritance,
    )
