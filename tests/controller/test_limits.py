"""Each limit of the budget, and what raising it brings."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from tests.controller.refused import refusal
from tests.controller.trainee import Trainee, by_learning_rate, completed, create, minimal_spec, report
from tests.laws import check_study, every_trial
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

COMPLETED = study_pb2.STUDY_STATE_COMPLETED


def limited(**budget: object) -> study_pb2.StudySpec:
    return minimal_spec(budget=study_pb2.Budget(**budget))  # type: ignore[arg-type]  # limits by their names


def study_of(studies: StudyServiceStub, name: str) -> study_pb2.Study:
    return studies.GetStudy(pb.GetStudyRequest(name=name)).study


def raise_to(studies: StudyServiceStub, name: str, **budget: object) -> study_pb2.Study:
    changed = study_pb2.Study(name=name, spec=limited(**budget))
    return studies.UpdateStudy(
        pb.UpdateStudyRequest(study=changed, update_mask=FieldMask(paths=["spec.budget"]))
    ).study


def test_max_steps_ends_lineages_and_raising_it_lets_every_member_go_on(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, limited(max_steps=25))
    trainee = Trainee(channel, study.name)
    trainee.train(by_learning_rate)
    trials = check_study(channel, study.name)
    assert sum(t.end_step == 25 for t in trials) == 4
    assert study_of(studies, study.name).state == COMPLETED
    assert raise_to(studies, study.name, max_steps=40).state == study_pb2.STUDY_STATE_ACTIVE
    trainee.train(by_learning_rate)
    trials = check_study(channel, study.name)
    assert sum(t.end_step == 40 for t in trials) == 4
    assert study_of(studies, study.name).state == COMPLETED


def test_max_trials_hands_out_no_more_and_raising_it_makes_the_missing_children_due(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, limited(max_trials=6))
    trainee = Trainee(channel, study.name)
    assert trainee.train(by_learning_rate) == 6
    assert len(check_study(channel, study.name)) == 6
    assert study_of(studies, study.name).state == COMPLETED
    raise_to(studies, study.name, max_trials=11)
    assert trainee.train(by_learning_rate) == 5
    assert len(check_study(channel, study.name)) == 11
    assert study_of(studies, study.name).state == COMPLETED


def test_at_max_trials_preempted_trials_are_still_handed_out(channel: grpc.Channel) -> None:
    study = create(channel, limited(max_trials=4))
    before = Trainee(channel, study.name)
    assert len(before.suggest(k=9).trials) == 4
    assert len(Trainee(channel, study.name).suggest(k=9).trials) == 4


def test_max_total_steps_counts_every_outcome(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel, limited(max_total_steps=35))
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    for _ in range(3):
        trial = trainee.take(report(trial, trial_pb2.OUTCOME_FAILED, step=6, failure_message="x"))
    trainee.suggest(k=0)
    trainee.train(by_learning_rate)
    status = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name))
    assert status.study.state == COMPLETED
    assert status.total_steps == 36
    assert len(every_trial(studies, study.name)) == 4


def test_the_target_stops_running_trials_and_raising_it_goes_on_from_the_newest_checkpoints(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, limited(max_steps=30, target=0.9))
    trainee = Trainee(channel, study.name)
    trials = list(trainee.suggest(k=4).trials)
    trainee.suggest(completed(trials[0], score=0.95), *[report(t) for t in trials[1:]], k=1)
    asked = trainee.heartbeat(*[report(t, step=3) for t in trials[1:]])
    assert sorted(asked.trials) == sorted(t.name for t in trials[1:])
    assert study_of(studies, study.name).state == study_pb2.STUDY_STATE_ACTIVE
    answer = trainee.suggest(*[report(t, trial_pb2.OUTCOME_STOPPED, step=3) for t in trials[1:]])
    assert (answer.study_state, list(answer.trials)) == (COMPLETED, [])
    assert "target" in study_of(studies, study.name).state_message
    raise_to(studies, study.name, max_steps=30)
    trainee.train(by_learning_rate)
    after = check_study(channel, study.name)
    assert sum(t.end_step == 30 and t.state == trial_pb2.TRIAL_STATE_COMPLETED for t in after) == 4


def test_a_minimized_first_metric_reaches_the_target_from_above(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = limited(max_steps=30, target=-5.0)
    spec.metrics[0].goal = study_pb2.GOAL_MINIMIZE
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trial = trainee.take(completed(trainee.take(), score=1.0))
    assert trainee.suggest(completed(trial, score=-6.0)).study_state == COMPLETED


def test_waiting_trials_are_stopped_when_the_target_is_reached(channel: grpc.Channel) -> None:
    study = create(channel, limited(max_steps=30, target=0.9))
    a, b = Trainee(channel, study.name, "a"), Trainee(channel, study.name, "b")
    given_back, kept = a.take(), b.take()
    a.suggest(report(given_back, trial_pb2.OUTCOME_RELEASED), k=0)
    b.suggest(completed(kept, score=1.0))
    trials = check_study(channel, study.name)
    assert [t.state for t in trials] == [trial_pb2.TRIAL_STATE_STOPPED, trial_pb2.TRIAL_STATE_COMPLETED]


def test_max_duration_stops_running_trials_and_a_pause_does_not_count(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, limited(max_steps=1000, max_duration=Duration(nanos=400_000_000)))
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    until(lambda: list(trainee.heartbeat(report(trial, step=1)).trials) == [trial.name])
    answer = trainee.suggest(report(trial, trial_pb2.OUTCOME_STOPPED, step=2))
    assert answer.study_state == COMPLETED
    elapsed = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name)).elapsed
    assert studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name)).elapsed == elapsed
    raise_to(studies, study.name, max_steps=10)
    assert trainee.train(by_learning_rate) == 4


@pytest.mark.parametrize("ended", ["cancelled", "failed"])
def test_an_ended_study_gets_no_other_budget(
    channel: grpc.Channel, studies: StudyServiceStub, ended: str
) -> None:
    study = create(channel, minimal_spec(max_failures_per_trial=1))
    if ended == "cancelled":
        studies.CancelStudy(pb.CancelStudyRequest(name=study.name))
    else:
        Trainee(channel, study.name).train(lambda _: float("nan"))
    assert study_of(studies, study.name).state != study_pb2.STUDY_STATE_ACTIVE
    code, reason, _ = refusal(lambda: raise_to(studies, study.name, max_steps=100))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "STUDY_HAS_ENDED")
