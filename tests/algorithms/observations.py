"""Sessions for models to learn from, and what is explored given them."""

from collections.abc import Callable, Sequence

from progenitor_controller.algorithms.gaussian_process import RESAMPLE_PROBABILITY, STEP, explore
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    DoubleDomain,
    GaussianProcessExploration,
    Mutation,
    Parameters,
    ParameterSpec,
    PendingTrials,
)
from progenitor_storage.model.trial import Observation

from .populations import PARAMETERS

MUTATION = Mutation(STEP, RESAMPLE_PROBABILITY, 1.0)
"""That children are tethered to."""
X = ParameterSpec("x", DoubleDomain(0.0, 1.0))
STEPS = 5


def stream(member: int = 0, generation: int = 9) -> Stream:
    return Stream(3, member, generation, Purpose.EXPLORATION)


def suggested(
    observations: Sequence[Observation],
    parameters: Sequence[ParameterSpec] = PARAMETERS,
    *,
    inherited: Parameters | None = None,
    unfinished: Sequence[Observation] = (),
    pending: PendingTrials = PendingTrials.MEAN,
    start_fitness: float = 0.0,
    start_step: int = 50,
    member: int = 0,
    history: int = 200,
) -> Parameters:
    """With what the newest observation was trained with inherited, unless it is given."""
    return explore(
        GaussianProcessExploration(history, pending),
        parameters,
        inherited or observations[-1].parameters,
        every_child=False,
        start_step=start_step,
        end_step=start_step + STEPS,
        start_fitness=start_fitness,
        observations=observations,
        unfinished=unfinished,
        stream=stream(member),
    )


def observed(
    number: int,
    parameters: Parameters,
    start_fitness: float | None,
    fitness: float | None,
    population: int = 4,
) -> Observation:
    member, generation = number % population, number // population
    first = generation * STEPS
    return Observation(
        number, member, generation, None, parameters, first, first + STEPS, start_fitness, fitness
    )


def gains(of: Callable[[float, int], float], count: int) -> list[Observation]:
    """Of settings spread over [0, 1], each session starting at 0."""
    return [
        observed(number, {"x": number * 0.618 % 1.0}, 0.0, STEPS * of(number * 0.618 % 1.0, number))
        for number in range(count)
    ]


def running(number: int, parameters: Parameters) -> Observation:
    """A session beside the one that is suggested."""
    return Observation(number, number, 10, None, parameters, 50, 50 + STEPS, 0.0, None)
