"""In whose succession a place goes on whose trial was stopped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import Selection
from progenitor_storage.model.trial import Measurement, StopCause, Trial

from .populations import HYPERPARAMETERS, SELECTIONS, completed, pbt, stopped

DRAFT = Trial(member=0, generation=0, parameters=HYPERPARAMETERS, seed=1, start_step=0, end_step=5)


@pytest.mark.parametrize("selection", SELECTIONS)
@given(
    fitnesses=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9),
    reached=st.floats(-1e6, 1e6),
    seed=st.integers(0, 2**32),
)
def test_nobody_goes_on_in_a_stopped_trials_place_that_is_worse_than_it_had_become(
    selection: Selection, fitnesses: list[float], reached: float, seed: int
) -> None:
    others = [
        completed(replace(DRAFT, member=member), member + 1, fitness)
        for member, fitness in enumerate(fitnesses, start=1)
    ]
    measured = replace(DRAFT, measurement=Measurement(3, {"accuracy": reached}))
    initiator = stopped(measured, 1, StopCause.RULE)
    spec = replace(pbt(selection=selection, population_size=len(others) + 1), seed=seed)
    child = decide(spec, Remembered([initiator, *others]), Place(None), initiator).child
    assert child is not None
    parent = next(other for other in others if other.number == child.parent)
    assert parent.fitness is not None
    assert parent.fitness >= reached or parent.fitness == max(fitnesses)
