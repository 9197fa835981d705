"""A trial's life, row by row of its table, through the wire."""

import grpc
import pytest
from tests.controller.refused import refusal
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
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def stored(studies: StudyServiceStub, trial: trial_pb2.Trial) -> trial_pb2.Trial:
    return studies.GetTrial(pb.GetTrialRequest(name=trial.name)).trial


def brief_lease() -> study_pb2.StudySpec:
    spec = minimal_spec()
    spec.lease_duration.FromMilliseconds(100)
    return spec


def claimed_by(other: Trainee, trial: trial_pb2.Trial) -> trial_pb2.Trial:
    """`trial` once its lease has run out and `other` got it."""

    def handed_out() -> trial_pb2.Trial | None:
        return next((t for t in other.suggest(k=4).trials if t.name == trial.name), None)

    return until(handed_out)


@pytest.fixture
def trainee(channel: grpc.Channel) -> Trainee:
    return Trainee(channel, create(channel).name)


def test_a_population_trains_to_its_last_generation_and_keeps_the_laws(channel: grpc.Channel) -> None:
    study = create(channel)
    assert Trainee(channel, study.name).train(by_learning_rate) == 8
    assert len(check_study(channel, study.name)) == 8
    state = StudyServiceStub(channel).GetStudy(pb.GetStudyRequest(name=study.name)).study.state
    assert state == study_pb2.STUDY_STATE_COMPLETED


def test_a_trial_completes_with_checkpoint_and_metrics_at_its_end_step(
    trainee: Trainee, studies: StudyServiceStub
) -> None:
    trial = trainee.take()
    assert trial.state == trial_pb2.TRIAL_STATE_RUNNING
    assert (trial.lease.worker, trial.lease.epoch) == ("worker-0", 1)
    trainee.suggest(completed(trial, score=0.5), k=0)
    after = stored(studies, trial)
    assert after.state == trial_pb2.TRIAL_STATE_COMPLETED
    assert (after.step, after.checkpoint.step, after.measurement.metrics["score"]) == (10, 10, 0.5)
    assert after.HasField("end_time")


def test_checkpoint_and_metric_may_come_with_earlier_reports(
    trainee: Trainee, studies: StudyServiceStub
) -> None:
    trial = trainee.take()
    trainee.heartbeat(report(trial, step=10, checkpoints=[checkpoint(trial, 10)]))
    trainee.heartbeat(report(trial, step=10, measurements=[measurement(10, score=1.0)]))
    trainee.suggest(report(trial, trial_pb2.OUTCOME_COMPLETED, step=10), k=0)
    assert stored(studies, trial).state == trial_pb2.TRIAL_STATE_COMPLETED


def test_completed_without_checkpoint_and_metric_is_refused_naming_both_and_stores_nothing(
    trainee: Trainee, studies: StudyServiceStub
) -> None:
    trial = trainee.take()
    early = report(
        trial,
        trial_pb2.OUTCOME_COMPLETED,
        step=9,
        measurements=[measurement(9, score=1.0)],
        checkpoints=[checkpoint(trial, 9)],
    )
    code, _, violations = refusal(lambda: trainee.suggest(early))
    assert code is INVALID
    assert set(violations) == {"trials[0].checkpoints", "trials[0].measurements"}
    after = stored(studies, trial)
    assert (after.state, after.step) == (trial_pb2.TRIAL_STATE_RUNNING, 0)
    assert not after.HasField("checkpoint")


def test_stopped_without_having_been_asked_is_refused(trainee: Trainee) -> None:
    trial = trainee.take()
    code, _, violations = refusal(lambda: trainee.suggest(report(trial, trial_pb2.OUTCOME_STOPPED)))
    assert code is INVALID
    assert set(violations) == {"trials[0].outcome"}


def test_failures_are_tried_again_from_the_own_checkpoint_and_the_last_time_from_the_parents(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, minimal_spec(max_failures_per_trial=3))
    trainee = Trainee(channel, study.name)
    first = trainee.take()
    failing = report(
        first,
        trial_pb2.OUTCOME_FAILED,
        step=4,
        checkpoints=[checkpoint(first, 4)],
        failure_message="ValueError: no",
    )
    second = trainee.take(failing)
    assert (second.name, second.seed, second.parameters) == (first.name, first.seed, first.parameters)
    assert (second.failures, second.preemptions, second.warm_start.step) == (1, 0, 4)
    third = trainee.take(report(second, trial_pb2.OUTCOME_FAILED, failure_message="again"))
    assert (third.name, third.failures) == (first.name, 2)
    assert not third.HasField("warm_start"), "the last try begins where the trial began"
    trainee.suggest(report(third, trial_pb2.OUTCOME_FAILED, failure_message="for good"), k=0)
    after = stored(studies, first)
    assert (after.state, after.failures) == (trial_pb2.TRIAL_STATE_FAILED, 3)
    assert after.failure_message == "for good"


def test_a_released_trial_goes_on_from_its_own_checkpoint_elsewhere(channel: grpc.Channel) -> None:
    study = create(channel)
    leaving, other = Trainee(channel, study.name, "a"), Trainee(channel, study.name, "b")
    trial = leaving.take()
    leaving.suggest(
        report(trial, trial_pb2.OUTCOME_RELEASED, step=6, checkpoints=[checkpoint(trial, 6)]), k=0
    )
    resumed = other.take()
    assert (resumed.name, resumed.warm_start.step, resumed.start_step) == (trial.name, 6, 0)
    assert (resumed.preemptions, resumed.failures, resumed.lease.epoch) == (1, 0, 2)
    other.suggest(completed(resumed, score=1.0), k=0)
    other.train(by_learning_rate)
    check_study(channel, study.name)


def test_a_trial_whose_lease_ran_out_is_shown_as_preempted_and_finished_by_another(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, brief_lease())
    lost, other = Trainee(channel, study.name, "a"), Trainee(channel, study.name, "b")
    trial = lost.take()
    until(lambda: stored(studies, trial).state == trial_pb2.TRIAL_STATE_PREEMPTED)
    counts = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name)).trial_counts
    assert (counts["TRIAL_STATE_PREEMPTED"], counts["TRIAL_STATE_RUNNING"]) == (1, 0)
    preempted = [trial_pb2.TRIAL_STATE_PREEMPTED]
    listed = studies.ListTrials(pb.ListTrialsRequest(study=study.name, states=preempted)).trials
    assert [t.name for t in listed] == [trial.name]
    taken = claimed_by(other, trial)
    assert (taken.seed, taken.parameters, taken.member) == (trial.seed, trial.parameters, trial.member)
    assert (taken.preemptions, taken.failures) == (1, 0)
    assert taken.lease.epoch > trial.lease.epoch


def test_a_lease_that_ran_out_but_that_nobody_took_still_holds(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, brief_lease())
    slow = Trainee(channel, study.name)
    trial = slow.take()
    until(lambda: stored(studies, trial).state == trial_pb2.TRIAL_STATE_PREEMPTED)
    answer = slow.heartbeat(report(trial, step=3))
    assert not answer.lost_trials
    assert stored(studies, trial).state == trial_pb2.TRIAL_STATE_RUNNING


def test_reports_of_a_trial_that_another_took_are_lost_and_the_rest_of_the_call_goes_on(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, brief_lease())
    slow, other = Trainee(channel, study.name, "a"), Trainee(channel, study.name, "b")
    trial = slow.take()
    claimed_by(other, trial)
    answer = slow.suggest(completed(trial, score=9.0), k=0)
    assert list(answer.lost_trials) == [trial.name]
    after = stored(studies, trial)
    assert after.state != trial_pb2.TRIAL_STATE_COMPLETED
    assert not after.HasField("measurement")
    assert list(slow.heartbeat(report(trial, step=9)).lost_trials) == [trial.name]


def test_a_trial_that_its_worker_does_not_name_is_preempted_and_first_in_line_for_it(
    channel: grpc.Channel,
) -> None:
    study = create(channel)
    before = Trainee(channel, study.name, "a")
    trials = before.suggest(k=4).trials
    reborn = Trainee(channel, study.name, "a")
    again = reborn.suggest(k=4).trials
    assert sorted(t.name for t in again) == sorted(t.name for t in trials)
    assert all(t.preemptions == 1 and t.failures == 0 for t in again)


def test_named_trials_stay_with_their_worker(channel: grpc.Channel) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    first = trainee.take()
    second = trainee.take(report(first, step=2))
    assert second.name != first.name
    assert not trainee.suggest(report(first), report(second), k=0).lost_trials


def test_ten_lost_workers_in_a_row_without_progress_end_a_trial(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trial = Trainee(channel, study.name).take()
    for _ in range(9):
        assert Trainee(channel, study.name).take().name == trial.name
    Trainee(channel, study.name).suggest(k=0)
    after = stored(studies, trial)
    assert (after.state, after.preemptions, after.failures) == (trial_pb2.TRIAL_STATE_FAILED, 10, 0)
    assert "10 workers in a row" in after.failure_message


def test_progress_or_a_release_between_lost_workers_begins_the_count_anew(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    first = Trainee(channel, study.name).take()
    for lives in range(25):
        trainee = Trainee(channel, study.name)
        trial = trainee.take()
        assert trial.name == first.name
        if lives % 5 == 0:
            trainee.suggest(report(trial, trial_pb2.OUTCOME_RELEASED), k=0)
    assert stored(studies, first).state != trial_pb2.TRIAL_STATE_FAILED


def test_an_outcome_of_a_final_trial_under_its_epoch_is_refused_and_a_late_heartbeat_is_lost(
    trainee: Trainee, studies: StudyServiceStub
) -> None:
    trial = trainee.take()
    trainee.suggest(completed(trial, score=0.5), k=0)
    code, reason, _ = refusal(lambda: trainee.suggest(completed(trial, score=0.6), k=0))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "TRIAL_IS_FINAL")
    assert list(trainee.heartbeat(report(trial, step=10)).lost_trials) == [trial.name]
    assert stored(studies, trial).measurement.metrics["score"] == 0.5


def test_cancelling_ends_what_is_open_and_its_reports_are_lost(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    studies.CancelStudy(pb.CancelStudyRequest(name=study.name))
    beat = trainee.heartbeat(report(trial, step=5))
    assert list(beat.lost_trials) == [trial.name]
    assert beat.study_state == study_pb2.STUDY_STATE_CANCELLED
    answer = trainee.suggest(completed(trial, score=1.0))
    assert list(answer.lost_trials) == [trial.name]
    assert not answer.trials
    assert stored(studies, trial).state == trial_pb2.TRIAL_STATE_CANCELLED


def test_a_paused_study_hands_out_nothing_and_records_what_is_reported(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    studies.PauseStudy(pb.PauseStudyRequest(name=study.name))
    answer = trainee.suggest(completed(trial, score=1.0))
    assert not answer.trials
    assert answer.study_state == study_pb2.STUDY_STATE_PAUSED
    assert answer.HasField("retry_after")
    assert stored(studies, trial).state == trial_pb2.TRIAL_STATE_COMPLETED
    studies.ResumeStudy(pb.ResumeStudyRequest(name=study.name))
    assert trainee.take().member == 1


def test_not_finite_metrics_are_kept_and_never_fit(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    trainee.suggest(completed(trial, score=float("inf")), k=0)
    assert stored(studies, trial).measurement.metrics["score"] == float("inf")
    trainee.train(by_learning_rate)
    trials = check_study(channel, study.name)
    assert all(t.parent != trial.name for t in trials)
    best = studies.ListBestTrials(pb.ListBestTrialsRequest(study=study.name)).trials
    assert trial.name not in [t.name for t in best]


def test_a_study_whose_metrics_are_always_nan_fails_and_says_why(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, minimal_spec(max_failures_per_trial=2))
    Trainee(channel, study.name).train(lambda _: float("nan"), most=100)
    after = studies.GetStudy(pb.GetStudyRequest(name=study.name)).study
    assert after.state == study_pb2.STUDY_STATE_FAILED
    assert "finite" in after.state_message


def test_a_study_whose_trials_always_fail_fails_with_the_newest_message(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, minimal_spec(max_failures_per_trial=1))
    trainee = Trainee(channel, study.name)
    answer = trainee.suggest()
    for _ in range(100):
        if not answer.trials:
            break
        failing = report(
            answer.trials[0], trial_pb2.OUTCOME_FAILED, failure_message="ValueError: broken data"
        )
        answer = trainee.suggest(failing)
    assert answer.study_state == study_pb2.STUDY_STATE_FAILED
    assert "broken data" in studies.GetStudy(pb.GetStudyRequest(name=study.name)).study.state_message
