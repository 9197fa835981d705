"""What decides nothing, whatever the method: the order of reading, and a metric's zero, unit and direction."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms import Place, decide, fitness, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    ExplorationScope,
    Fitness,
    GaussianProcessExploration,
    Goal,
    MetricSpec,
    PendingTrials,
    PopulationBasedTraining,
    Selection,
    Spec,
    SubPopulation,
    TruncationSelection,
    TTestSelection,
)
from progenitor_storage.model.trial import Measurement, Observation, Trial, TrialState

from .populations import SELECTIONS, NoSelection, completed, pbt

METRICS = (MetricSpec("accuracy", Goal.MAXIMIZE), MetricSpec("speed", Goal.MAXIMIZE, weight=0.5))


def method(steps: int = 5, **changes: object) -> Spec:
    """Every child is crossed and explored: mutated, if nothing else is said."""
    spec = pbt(**{"crossover": 0.5, "exploration_scope": ExplorationScope.EVERY_CHILD, **changes})
    return replace(spec, metrics=METRICS, steps_per_trial=steps)


EVERY: tuple[Selection, ...] = (
    *SELECTIONS,
    NoSelection(),
    # Of few evaluations few differences are significant; of many members few are both unfit and improving.
    TTestSelection(0.5, 10),
    TruncationSelection(0.5, spare_improving=True),
)
MIGRATION: Mapping[str, Any] = {
    "sub_populations": (SubPopulation(4, 5), SubPopulation(4, 10)),
    "migration_interval": 1,
}
MODEL: Mapping[str, Any] = {"exploration": GaussianProcessExploration(20, PendingTrials.MEAN)}
METHODS: Mapping[str, Spec] = {
    **{str(selection): method(selection=selection) for selection in EVERY},
    **{f"{selection}, migration": method(selection=selection, **MIGRATION) for selection in EVERY},
    "several objectives": method(fitness=Fitness.PARETO),
    "several objectives, migration": method(fitness=Fitness.PARETO, **MIGRATION),
    "Gaussian process": method(4, **MODEL),  # of 4 steps, so that no gain per step is rounded
}


class AsGiven(Remembered):
    """What models learn from comes in the order of reading too."""

    def observations(self, count: int) -> list[Observation]:
        return self._as_given(super().observations(count))

    def observations_among(self, members: range, last: int, count: int) -> list[Observation]:
        return self._as_given(super().observations_among(members, last, count))

    def unfinished(self, count: int) -> list[Observation]:
        return self._as_given(super().unfinished(count))

    def sessions(self, numbers: Sequence[int]) -> list[Observation]:
        return self._as_given(super().sessions(numbers))

    def _as_given(self, observations: list[Observation]) -> list[Observation]:
        places = {trial.number: place for place, trial in enumerate(self.trials)}
        return sorted(observations, key=lambda observation: places[observation.number])


def timings(spec: Spec) -> st.SearchStrategy[Spec]:
    """Synchronous or not."""
    algorithm = spec.algorithm
    assert isinstance(algorithm, PopulationBasedTraining)
    return st.booleans().map(lambda each: replace(spec, algorithm=replace(algorithm, synchronous=each)))


@st.composite
def trained(draw: st.DrawFn, spec: Spec) -> list[Trial]:
    """Up to three generations of each member, nobody copied, some of the newest still running.

    There are few values of the metrics, all of them whole, so that there are ties and nothing is rounded.
    """
    whole = st.integers(-1, 1).map(float)
    counts = draw(st.lists(st.integers(1, 3), min_size=spec.places, max_size=spec.places))
    running = draw(st.sets(st.integers(0, spec.places - 1), max_size=3))
    newest: dict[int, Trial] = {}
    trials: list[Trial] = []
    for generation in range(3):
        for member in (member for member, count in enumerate(counts) if generation < count):
            draft, before = initial(spec, member), newest.get(member)
            if before:
                start, end = before.end_step, before.end_step + draft.end_step
                draft = replace(
                    draft, generation=generation, parent=before.number, start_step=start, end_step=end
                )
            trial = replace(draft, number=len(trials) + 1, state=TrialState.RUNNING)
            if member not in running or generation < counts[member] - 1:
                trial = measured(spec, completed(trial, trial.number, None), draw(whole), draw(whole))
            trials.append(trial)
            newest[member] = trial
    return trials


def measured(spec: Spec, trial: Trial, accuracy: float, speed: float) -> Trial:
    metrics = {"accuracy": accuracy, "speed": speed}
    return replace(
        trial, measurement=Measurement(trial.end_step, metrics), fitness=fitness(spec.metrics, metrics)
    )


def child_of(spec: Spec, trials: Sequence[Trial], number: int) -> Trial:
    initiator = next(trial for trial in trials if trial.number == number)
    child = decide(spec, AsGiven(trials), Place(initiator), initiator).child
    assert child
    return child


def usable(trials: Sequence[Trial]) -> st.SearchStrategy[int]:
    return st.sampled_from([trial.number for trial in trials if trial.usable])


@pytest.mark.parametrize("name", METHODS)
@given(st.data(), st.randoms())
def test_the_order_in_which_trials_are_read_decides_nothing(
    name: str, data: st.DataObject, shuffle: random.Random
) -> None:
    spec = data.draw(timings(METHODS[name]))
    trials = data.draw(trained(spec))
    initiator = data.draw(usable(trials))
    shuffled = list(trials)
    shuffle.shuffle(shuffled)
    assert child_of(spec, shuffled, initiator) == child_of(spec, trials, initiator)


@pytest.mark.parametrize("name", METHODS)
@given(
    st.data(),
    st.sampled_from((0, -3, 1000, 2**20, -(2**20))),
    st.sampled_from((2.0**-6, 1.0, 2.0**10)),
    st.sampled_from(Goal),
)
def test_neither_zero_nor_unit_nor_direction_of_the_metrics_decides_anything(
    name: str, data: st.DataObject, zero: int, unit: float, goal: Goal
) -> None:
    spec = data.draw(timings(METHODS[name]))
    trials = data.draw(trained(spec))
    initiator = data.draw(usable(trials))
    there = replace(spec, metrics=tuple(replace(metric, goal=goal) for metric in METRICS))
    mirror = 1.0 if goal is Goal.MAXIMIZE else -1.0

    def moved(trial: Trial) -> Trial:
        if trial.measurement is None:
            return trial
        accuracy, speed = (mirror * (unit * value + zero) for value in trial.measurement.metrics.values())
        return measured(there, trial, accuracy, speed)

    assert child_of(there, [*map(moved, trials)], initiator) == child_of(spec, trials, initiator)
