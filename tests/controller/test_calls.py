"""The log of newest answers: a call is applied once however often it is sent."""

import threading

import grpc
from tests.controller.refused import refusal
from tests.controller.trainee import (
    Trainee,
    by_learning_rate,
    completed,
    create,
    measurement,
    minimal_spec,
    report,
)
from tests.laws import check_study, every_measurement, every_trial

from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1 import trial_pb2
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub


def test_a_call_sent_again_gets_the_same_answer_and_changes_nothing(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    request = trainee.request(k=2)
    first = trainee.stub.GetNewSuggestion(request)
    before = every_trial(studies, study.name)
    assert trainee.stub.GetNewSuggestion(request) == first
    assert [t.name for t in every_trial(studies, study.name)] == [t.name for t in before]
    done = trainee.request(*[completed(trial, score=1.0) for trial in first.trials], k=1)
    second = trainee.stub.GetNewSuggestion(done)
    assert trainee.stub.GetNewSuggestion(done) == second
    assert len(every_trial(studies, study.name)) == 3


def test_a_sequence_used_again_with_another_body_is_refused(channel: grpc.Channel) -> None:
    trainee = Trainee(channel, create(channel).name)
    request = trainee.request(k=1)
    trainee.stub.GetNewSuggestion(request)
    request.k = 2
    code, reason, violations = refusal(lambda: trainee.stub.GetNewSuggestion(request))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "SEQUENCE_REUSED")
    assert set(violations) == {"sequence"}


def test_a_lower_sequence_is_stale_and_stores_nothing(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    older = trainee.request(k=1)
    trainee.suggest(k=1)
    before = every_trial(studies, study.name)
    code, reason, _ = refusal(lambda: trainee.stub.GetNewSuggestion(older))
    assert (code, reason) == (grpc.StatusCode.ABORTED, "STALE_REQUEST")
    assert every_trial(studies, study.name)[0].step == before[0].step
    assert len(every_trial(studies, study.name)) == len(before)


def test_of_two_processes_under_one_name_the_older_is_refused(channel: grpc.Channel) -> None:
    study = create(channel)
    older = Trainee(channel, study.name)
    trial = older.take()
    Trainee(channel, study.name).take()
    for call in (lambda: older.suggest(k=1), lambda: older.heartbeat(report(trial))):
        assert refusal(call)[:2] == (grpc.StatusCode.ABORTED, "STALE_REQUEST")


def test_measurements_are_known_by_trial_epoch_and_step(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    beat = report(trial, step=5, measurements=[measurement(5, score=1.0)])
    trainee.heartbeat(beat)
    trainee.heartbeat(beat)
    trainee.heartbeat(report(trial, step=5, measurements=[measurement(5, loss=2.0)]))
    found = every_measurement(studies, trial.name)
    assert [(m.step, dict(m.metrics), m.epoch) for m in found] == [(5, {"score": 1.0, "loss": 2.0}, 1)]
    differing = report(trial, step=5, measurements=[measurement(5, score=1.5)])
    code, reason, _ = refusal(lambda: trainee.heartbeat(differing))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REPORT_CONFLICT")
    assert every_measurement(studies, trial.name) == found


def test_the_newest_epoch_of_a_step_is_read(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    lost = Trainee(channel, study.name)
    trial = lost.take()
    lost.heartbeat(report(trial, step=5, measurements=[measurement(5, score=1.0)]))
    again = Trainee(channel, study.name)
    resumed = again.take()
    again.heartbeat(report(resumed, step=5, measurements=[measurement(5, score=2.0)]))
    (found,) = every_measurement(studies, trial.name)
    assert (found.metrics["score"], found.epoch) == (2.0, resumed.lease.epoch)


def test_one_bad_report_in_a_call_stores_nothing_of_the_others(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    first, second = trainee.suggest(k=2).trials
    refusal(
        lambda: trainee.suggest(
            completed(first, score=1.0), report(second, trial_pb2.OUTCOME_COMPLETED, step=10), k=0
        )
    )
    after = studies.GetTrial(pb.GetTrialRequest(name=first.name)).trial
    assert after.state == trial_pb2.TRIAL_STATE_RUNNING


def test_many_workers_at_once_make_every_child_once(channel: grpc.Channel) -> None:
    spec = minimal_spec()
    spec.budget.max_steps = 50
    study = create(channel, spec)
    threads = [
        threading.Thread(target=train_to_the_end, args=(Trainee(channel, study.name, f"w{i}"),))
        for i in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    trials = check_study(channel, study.name)
    assert sum(trial.end_step == 50 for trial in trials) == 4


def train_to_the_end(trainee: Trainee) -> None:
    reports: list[trial_pb2.TrialReport] = []
    while True:
        answer = trainee.suggest(*reports)
        if not answer.trials and not answer.HasField("retry_after"):
            return
        reports = [completed(trial, score=by_learning_rate(trial)) for trial in answer.trials]
