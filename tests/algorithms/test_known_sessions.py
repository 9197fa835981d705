"""What a model or a plug-in learns from: in synchronous mode nothing of it depends on timing."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor_controller.algorithms.exploration import known
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import PopulationBasedTraining, Spec, SubPopulation
from progenitor_storage.model.trial import Observation, StopCause, Trial, TrialState

from .populations import failed, pbt, populations, stopped

Known = tuple[Sequence[Observation], Sequence[Observation]]
MEMBERS = 4


def seen_by(initiator: Trial, trials: Sequence[Trial], **changes: object) -> Known:
    spec: Spec = pbt(population_size=MEMBERS, **changes)
    assert isinstance(spec.algorithm, PopulationBasedTraining)
    return known(spec, spec.algorithm, Remembered(trials), initiator, 20)


def outcomes(trial: Trial) -> list[Trial]:
    """What may have become of it by the time that the next member is decided."""
    running = replace(trial, state=TrialState.RUNNING, fitness=None, checkpoint=None, step=trial.start_step)
    return [
        trial,
        running,
        replace(running, state=TrialState.PENDING),
        failed(running, trial.number),
        stopped(running, trial.number, StopCause.RULE),
        replace(trial, fitness=None),
    ]


@given(populations(least=MEMBERS, generations=3), st.data())
def test_a_sibling_that_was_handed_out_is_unfinished_whatever_became_of_it(
    trials: list[Trial], data: st.DataObject
) -> None:
    trials = [trial for trial in trials if trial.member < MEMBERS]
    *before, sibling = trials[: 2 * MEMBERS + 1]
    initiator = data.draw(st.sampled_from(before[MEMBERS + 1 :]))
    answers = [seen_by(initiator, [*before, end], synchronous=True) for end in outcomes(sibling)]
    assert all(answer == answers[0] for answer in answers)
    completed, unfinished = answers[0]
    assert [observation.number for observation in completed] == [trial.number for trial in before]
    assert [observation.number for observation in unfinished] == [sibling.number]


@given(populations(least=MEMBERS, generations=2))
def test_other_sub_populations_at_their_own_pace_change_nothing(trials: list[Trial]) -> None:
    trials = [trial for trial in trials if trial.member < MEMBERS]
    parts = (SubPopulation(2, 5), SubPopulation(2, 10))
    initiator = next(trial for trial in trials if (trial.member, trial.generation) == (1, 1))
    own = [trial for trial in trials if trial.member < 2]
    alone = seen_by(initiator, own, synchronous=True, sub_populations=parts)
    assert seen_by(initiator, trials, synchronous=True, sub_populations=parts) == alone


@pytest.mark.parametrize("count", [1, 3, 100])
@given(populations(least=MEMBERS, generations=2))
def test_otherwise_the_newest_are_known_and_all_that_runs(count: int, trials: list[Trial]) -> None:
    *ended, last = trials
    running = outcomes(last)[1]
    spec = pbt()
    assert isinstance(spec.algorithm, PopulationBasedTraining)
    completed, unfinished = known(spec, spec.algorithm, Remembered([*ended, running]), trials[0], count)
    assert [o.number for o in completed] == [trial.number for trial in ended][-count:]
    assert [o.number for o in unfinished] == [last.number]
