"""Early stopping through the service: who is compared with whom, and what becomes of a stopped trial's place."""

import asyncio

import grpc
import pytest
from tests.controller.test_decisions import SELECTIONS, evolving
from tests.controller.trainee import (
    Trainee,
    by_learning_rate,
    checkpoint,
    completed,
    create,
    measurement,
    minimal_spec,
    report,
)
from tests.laws import check_study

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.calls import StudyCall
from progenitor_controller.curves import MAX_OWN
from progenitor_storage import Database, Transaction

RULES = {
    "median": study_pb2.StudySpec(median_stopping=study_pb2.MedianStopping(grace_steps=4, min_trials=3)),
    "performance curve": study_pb2.StudySpec(
        performance_curve_stopping=study_pb2.PerformanceCurveStopping(
            grace_steps=4, probability=0.05, min_trials=3
        )
    ),
}


@pytest.fixture(params=RULES)
def rule(request: pytest.FixtureRequest) -> study_pb2.StudySpec:
    return RULES[request.param]


def learned(trainee: Trainee, trial: trial_pb2.Trial, level: float, steps: int = 10) -> None:
    """Reports what the trial measured in so many steps: it rises by 0.1 a step to its level in the tenth."""
    first = trial.start_step + 1
    measurements = [
        measurement(s, score=level - 0.1 * (10 - s)) for s in range(first, trial.start_step + steps + 1)
    ]
    trainee.heartbeat(report(trial, step=trial.start_step + steps, measurements=measurements))


def saved(trial: trial_pb2.Trial) -> trial_pb2.TrialReport:
    """The end of a trial whose measurements are told already."""
    return report(
        trial,
        trial_pb2.OUTCOME_COMPLETED,
        step=trial.end_step,
        checkpoints=[checkpoint(trial, trial.end_step)],
    )


def train_all(trainee: Trainee, trials: list[trial_pb2.Trial], holding: list[trial_pb2.Trial]) -> None:
    """The trials reach levels from 10 downwards; those held are still being trained."""
    for place, trial in enumerate(trials):
        learned(trainee, trial, 10.0 - 0.1 * place)
    trainee.suggest(*[saved(trial) for trial in trials], *[report(trial) for trial in holding], k=0)


def stopped(trainee: Trainee, trial: trial_pb2.Trial, score: float, step: int = 5) -> bool:
    at = trial.start_step + step
    beat = trainee.heartbeat(report(trial, step=at, measurements=[measurement(at, score=score)]))
    return trial.name in beat.trials


@pytest.fixture
def begun(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> tuple[Trainee, list[trial_pb2.Trial], trial_pb2.Trial]:
    """Seven of eight members have trained their first session, the last is at it."""
    spec = minimal_spec(population_based_training=study_pb2.PopulationBasedTraining(population_size=8))
    spec.MergeFrom(rule)
    trainee = Trainee(channel, create(channel, spec).name)
    *others, last = trainee.suggest(k=8).trials
    train_all(trainee, others, [last])
    return trainee, others, last


def test_one_far_below_the_others_is_stopped_and_named_until_it_has_ended(
    begun: tuple[Trainee, list[trial_pb2.Trial], trial_pb2.Trial],
) -> None:
    trainee, _, last = begun
    assert stopped(trainee, last, 1.0, step=5)
    assert stopped(trainee, last, 99.0, step=6), "asked once, it is asked until it has ended"


def test_the_best_goes_on_and_so_does_anyone_within_the_grace_steps(
    begun: tuple[Trainee, list[trial_pb2.Trial], trial_pb2.Trial],
) -> None:
    trainee, _, last = begun
    assert not stopped(trainee, last, -99.0, step=3)
    assert not stopped(trainee, last, 9.6, step=5)


def test_too_few_others_stop_nobody(channel: grpc.Channel, rule: study_pb2.StudySpec) -> None:
    spec = minimal_spec()
    spec.MergeFrom(rule)
    trainee = Trainee(channel, create(channel, spec).name)
    *others, running, last = trainee.suggest(k=4).trials
    train_all(trainee, others, [running, last])
    assert not stopped(trainee, last, -99.0)


def test_others_count_only_by_what_they_had_measured_by_then(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    spec = minimal_spec()
    spec.MergeFrom(rule)
    trainee = Trainee(channel, create(channel, spec).name)
    *others, last = trainee.suggest(k=4).trials
    trainee.suggest(*[completed(other, score=9.0) for other in others], report(last), k=0)
    assert not stopped(trainee, last, 0.0)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_better_one_takes_a_stopped_trials_place(
    channel: grpc.Channel, rule: study_pb2.StudySpec, selection: str
) -> None:
    spec = evolving(selection, size=6)
    spec.MergeFrom(rule)
    trainee = Trainee(channel, create(channel, spec).name)
    *first, last = trainee.suggest(k=6).trials
    train_all(trainee, first, [last])
    learned(trainee, last, 9.0)
    second = list(trainee.suggest(saved(last), k=6).trials)
    assert sorted(trial.generation for trial in second) == [1] * 6
    (own,) = [trial for trial in second if trial.member == last.member]
    *others, worse, worst = [trial for trial in second if trial.member != last.member]
    train_all(trainee, others, [own, worse, worst])
    learned(trainee, worse, 0.9)
    learned(trainee, worst, 0.5)
    trainee.suggest(saved(worse), saved(worst), report(own), k=0)
    assert stopped(trainee, own, 1.0)
    trainee.suggest(report(own, trial_pb2.OUTCOME_STOPPED, step=15), k=0)
    trainee.train(by_learning_rate)
    trials = {trial.name: trial for trial in check_study(channel, trainee.study)}
    assert trials[own.name].state == trial_pb2.TRIAL_STATE_STOPPED
    (heir,) = [trial for trial in trials.values() if trial.initiator == own.name]
    assert heir.member == own.member
    if selection == "no_selection":
        assert heir.parent == last.name, "without selection from its own last completed one"
    else:
        assert heir.parent in {trial.name for trial in others}
        assert heir.start_step == 20


def test_sessions_are_compared_from_their_ends_however_far_a_lineage_has_come(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    spec = minimal_spec()
    spec.MergeFrom(rule)
    behind = study_pb2.InitialMember(
        parameters={"lr": study_pb2.ParameterValue(double_value=0.1)}, warm_start_uri="given", start_step=7
    )
    spec.initial_population.append(behind)
    trainee = Trainee(channel, create(channel, spec).name)
    ahead, *others = trainee.suggest(k=4).trials
    assert (ahead.start_step, others[0].start_step) == (7, 0)
    train_all(trainee, others, [ahead])
    assert stopped(trainee, ahead, 1.0)


def searching(rule: study_pb2.StudySpec, configurations: int) -> study_pb2.StudySpec:
    spec = minimal_spec(random_search=study_pb2.RandomSearch(configurations=configurations))
    spec.MergeFrom(rule)
    return spec


def test_a_search_with_early_stopping_ends_what_it_has_begun_before_it_begins_more(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    trainee = Trainee(channel, create(channel, searching(rule, 3)).name)
    trial = trainee.take()
    seen = []
    while trial.name:
        seen.append((trial.member, trial.generation))
        answer = trainee.suggest(completed(trial, score=1.0))
        trial = answer.trials[0] if answer.trials else trial_pb2.Trial()
    assert seen == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_a_configuration_is_compared_by_its_whole_curve(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    trainee = Trainee(channel, create(channel, searching(rule, 6)).name)
    trial = trainee.take()
    for _ in range(10):
        learned(trainee, trial, 9.0 - trial.generation)
        trial = trainee.take(saved(trial))
    trial = trainee.take(completed(trial, score=9.5))
    assert (trial.member, trial.generation) == (5, 1)
    assert not stopped(trainee, trial, 0.0), "its first session was the best"


def test_a_configuration_that_was_the_best_inside_an_earlier_session_goes_on(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    trainee = Trainee(channel, create(channel, searching(rule, 6)).name)
    trial = trainee.take()
    for _ in range(10):
        learned(trainee, trial, 9.0 + trial.generation)
        trial = trainee.take(saved(trial))
    trainee.heartbeat(report(trial, step=5, measurements=[measurement(5, score=12.0)]))
    trial = trainee.take(completed(trial, score=0.0))
    assert (trial.member, trial.generation) == (5, 1), "nor is it ended between two sessions"
    assert not stopped(trainee, trial, 0.0)


def test_the_best_of_a_session_is_remembered_however_many_steps_ago_it_was(
    channel: grpc.Channel, rule: study_pb2.StudySpec
) -> None:
    spec = minimal_spec(steps_per_trial=2500, budget=study_pb2.Budget(max_steps=2500))
    spec.MergeFrom(rule)
    trainee = Trainee(channel, create(channel, spec).name)
    *others, last = trainee.suggest(k=4).trials
    for other in others:
        trainee.heartbeat(report(other, step=100, measurements=[measurement(100, score=1.0)]))
    trainee.suggest(*[completed(other, score=2.0) for other in others], report(last), k=0)
    steps = range(100, 100 + 2 * MAX_OWN)
    for first in range(steps.start, steps.stop, 500):
        scores = [measurement(step, score=9.0 if step == 100 else 0.0) for step in range(first, first + 500)]
        beat = trainee.heartbeat(report(last, step=first + 499, measurements=scores))
        assert not beat.trials


def test_a_configuration_that_is_stopped_has_ended(
    channel: grpc.Channel, studies: StudyServiceStub, rule: study_pb2.StudySpec
) -> None:
    trainee = Trainee(channel, create(channel, searching(rule, 6)).name)
    trial = trainee.take()
    for _ in range(10):
        learned(trainee, trial, 9.0 + trial.generation + trial.member)
        trial = trainee.take(saved(trial))
    assert stopped(trainee, trial, -1.0)
    assert not trainee.suggest(report(trial, trial_pb2.OUTCOME_STOPPED, step=5)).trials
    study = studies.GetStudy(pb.GetStudyRequest(name=trainee.study)).study
    assert study.state == study_pb2.STUDY_STATE_COMPLETED
    assert "closed" not in study.state_message


def test_a_configuration_that_tells_its_score_at_the_end_of_a_session_is_judged_there(
    channel: grpc.Channel, studies: StudyServiceStub, rule: study_pb2.StudySpec
) -> None:
    trainee = Trainee(channel, create(channel, searching(rule, 6)).name)
    trial = trainee.take()
    sessions = []
    while trial.name:
        sessions.append((trial.member, trial.generation))
        good = 9.0 + trial.generation + 0.1 * trial.member
        answer = trainee.suggest(completed(trial, score=-99.0 if trial.member == 4 else good))
        trial = answer.trials[0] if answer.trials else trial_pb2.Trial()
    assert sessions == [
        (member, session) for member in range(6) for session in range(2) if (member, session) != (4, 1)
    ]
    study = studies.GetStudy(pb.GetStudyRequest(name=trainee.study)).study
    assert study.state == study_pb2.STUDY_STATE_COMPLETED
    assert "closed" not in study.state_message


def unknown_rule(tx: Transaction, call: StudyCall) -> None:
    """As if the study had been made by a controller that has more plug-ins."""
    study = tx.studies.locked(call.study)
    spec = study_pb2.StudySpec.FromString(study.effective_spec)
    spec.custom_stopping.algorithm = "patience"
    tx.studies.change(study, effective_spec=spec.SerializeToString())


def test_a_rule_that_raises_leaves_a_message_and_stops_nobody(
    channel: grpc.Channel, studies: StudyServiceStub, database_url: str
) -> None:
    trainee = Trainee(channel, create(channel).name)
    trial = trainee.take()

    async def spoil_it() -> None:
        database = await Database.open(database_url)
        await database.transact(unknown_rule, StudyCall("s"))
        await database.close()

    asyncio.run(spoil_it())
    assert not stopped(trainee, trial, 1.0)
    message = studies.GetStudy(pb.GetStudyRequest(name=trainee.study)).study.state_message
    assert "the stopping rule raised LookupError" in message
    assert "patience" in message
    assert trainee.take(completed(trial, score=1.0)).name
