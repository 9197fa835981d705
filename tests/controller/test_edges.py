"""Where two rules meet: each test is a history that once went wrong or easily could."""

import threading

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
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
from tests.laws import check_study, every_trial
from tests.waiting import until

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController

FAILED = trial_pb2.OUTCOME_FAILED
STOPPED = trial_pb2.OUTCOME_STOPPED


def study_of(studies: StudyServiceStub, name: str) -> study_pb2.Study:
    return studies.GetStudy(pb.GetStudyRequest(name=name)).study


def limited(**budget: object) -> study_pb2.StudySpec:
    return minimal_spec(budget=study_pb2.Budget(**budget))  # type: ignore[arg-type]  # limits by their names


def give_budget(studies: StudyServiceStub, name: str, **budget: object) -> study_pb2.Study:
    changed = study_pb2.Study(name=name, spec=limited(**budget))
    mask = FieldMask(paths=["spec.budget"])
    return studies.UpdateStudy(pb.UpdateStudyRequest(study=changed, update_mask=mask)).study


def test_a_large_answer_ends_before_a_message_is_too_large_and_the_rest_comes_later(
    channel: grpc.Channel,
) -> None:
    spec = minimal_spec()
    spec.population_based_training.population_size = 60
    study = create(channel, spec)
    before = Trainee(channel, study.name)
    trials = before.suggest(k=60).trials
    metrics = {f"{'m' * 120}{number}": 1.0 for number in range(900)}
    for trial in trials:
        before.heartbeat(report(trial, measurements=[measurement(5, score=1.0, **metrics)]))
    reborn = Trainee(channel, study.name)
    answer = reborn.suggest(k=60)
    assert 0 < len(answer.trials) < 60
    assert answer.ByteSize() < 2**22
    assert answer.HasField("retry_after")
    assert reborn.suggest(*[report(trial) for trial in answer.trials], k=60).trials


def test_metrics_of_weights_that_were_never_saved_complete_nothing(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trainee = Trainee(channel, create(channel).name)
    first = trainee.take()
    ended = report(
        first, FAILED, step=10, measurements=[measurement(10, score=99.0)], failure_message="no room"
    )
    second = trainee.take(ended)
    assert second.name == first.name
    saved = report(second, trial_pb2.OUTCOME_COMPLETED, step=10, checkpoints=[checkpoint(second, 10)])
    assert "trials[0].measurements" in refusal(lambda: trainee.suggest(saved))[2]
    trainee.suggest(completed(second, score=1.0), k=0)
    stored = studies.GetTrial(pb.GetTrialRequest(name=first.name)).trial
    assert stored.measurement.metrics["score"] == 1.0


def test_a_trial_preempted_after_all_was_said_needs_not_say_it_again(channel: grpc.Channel) -> None:
    study = create(channel)
    lost = Trainee(channel, study.name)
    trial = lost.take()
    at_end = [measurement(10, score=3.0)]
    lost.heartbeat(report(trial, step=10, measurements=at_end, checkpoints=[checkpoint(trial, 10)]))
    again = Trainee(channel, study.name)
    resumed = again.take()
    assert resumed.warm_start.step == resumed.end_step
    again.suggest(report(resumed, trial_pb2.OUTCOME_COMPLETED, step=10), k=0)
    again.train(by_learning_rate)
    check_study(channel, study.name)


def test_an_infinite_metric_reaches_no_target(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel, limited(max_steps=20, target=0.9))
    trainee = Trainee(channel, study.name)
    answer = trainee.suggest(completed(trainee.take(), score=float("inf")))
    assert answer.trials
    assert study_of(studies, study.name).state == study_pb2.STUDY_STATE_ACTIVE


def test_who_completed_although_asked_to_stop_is_selected_as_any_other_once_the_limit_is_raised(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel, limited(max_steps=20, target=0.9))
    trainee = Trainee(channel, study.name)
    best, *others = trainee.suggest(k=4).trials
    trainee.suggest(completed(best, score=0.95), *[report(trial) for trial in others], k=0)
    assert len(trainee.heartbeat(*[report(trial) for trial in others]).trials) == 3
    late = [completed(trial, score=0.1 * place) for place, trial in enumerate(others)]
    assert trainee.suggest(*late, k=0).study_state == study_pb2.STUDY_STATE_COMPLETED
    give_budget(studies, study.name, max_steps=20)
    children = {child.initiator: child for child in trainee.suggest(k=4).trials}
    assert children[others[0].name].parent != others[0].name, "the worst goes on from a better one"


def test_a_budget_below_the_step_that_a_member_starts_at_is_refused(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = limited(max_steps=100)
    spec.initial_population.add(warm_start_uri="x/1", start_step=50)
    study = create(channel, spec)
    code, _, violations = refusal(lambda: give_budget(studies, study.name, max_steps=50))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(violations) == {"study.spec.budget.max_steps"}
    assert study_of(studies, study.name) == study


def test_the_last_try_of_a_given_member_begins_at_its_given_checkpoint_even_after_an_interruption(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = limited(max_steps=100, max_duration=Duration(nanos=300_000_000))
    spec.max_failures_per_trial = 2
    spec.population_based_training.population_size = 1
    spec.initial_population.add(warm_start_uri="x/1", start_step=50)
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    until(lambda: list(trainee.heartbeat(report(trial)).trials))
    trainee.suggest(report(trial, STOPPED), k=0)
    give_budget(studies, study.name, max_steps=100)
    begun_again = trainee.take()
    assert (begun_again.generation, begun_again.warm_start.uri) == (1, "x/1")
    last = trainee.take(report(begun_again, FAILED, failure_message="once"))
    assert (last.name, last.warm_start.uri, last.start_step) == (begun_again.name, "x/1", 50)


def test_a_given_member_never_begins_without_its_given_checkpoint(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    digest = f"sha256:{'0' * 64}"
    spec = limited(max_steps=100)
    spec.max_failures_per_trial = 2
    spec.population_based_training.population_size = 1
    spec.initial_population.add(warm_start_uri="x/1", start_step=50, warm_start_digest=digest)
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    handed_out = [trial]
    while True:
        answer = trainee.suggest(report(trial, FAILED, failure_message="it is gone"), k=1)
        if answer.study_state == study_pb2.STUDY_STATE_FAILED:
            break
        (trial,) = answer.trials
        handed_out.append(trial)
    assert len({trial.name for trial in handed_out}) > 1
    for trial in handed_out:
        start = trial.warm_start
        assert (start.uri, start.digest, trial.start_step) == ("x/1", digest, 50)
        assert trial.parameters == handed_out[0].parameters


def test_a_digest_of_a_given_checkpoint_must_be_one(channel: grpc.Channel) -> None:
    spec = limited(max_steps=100)
    spec.initial_population.add(warm_start_uri="x/1", start_step=50, warm_start_digest="md5:1")
    code, _, violations = refusal(lambda: create(channel, spec))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert set(violations) == {"spec.initial_population[0].warm_start_digest"}


def test_an_interruption_closes_no_place(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    spec = limited(max_steps=20)
    spec.max_failures_per_trial = 1
    spec.population_based_training.population_size = 1
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    retried = trainee.take(report(trainee.take(), FAILED, failure_message="x"))
    assert retried.generation == 1
    give_budget(studies, study.name, max_steps=20, max_duration=Duration(nanos=1))
    trainee.heartbeat(report(retried))
    answer = trainee.suggest(report(retried, STOPPED))
    assert answer.study_state == study_pb2.STUDY_STATE_COMPLETED
    give_budget(studies, study.name, max_steps=20)
    assert trainee.train(by_learning_rate) == 2
    assert study_of(studies, study.name).state == study_pb2.STUDY_STATE_COMPLETED


def test_saving_again_and_again_at_the_start_is_no_progress(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    name = ""
    for _ in range(10):
        trainee = Trainee(channel, study.name)
        trial = trainee.take()
        assert name in ("", trial.name)
        name = trial.name
        trainee.heartbeat(report(trial, checkpoints=[checkpoint(trial, 0)]))
    Trainee(channel, study.name).suggest(k=0)
    ended = studies.GetTrial(pb.GetTrialRequest(name=name)).trial
    assert ended.state == trial_pb2.TRIAL_STATE_FAILED


def test_each_step_further_begins_the_count_of_lost_workers_anew(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = minimal_spec(steps_per_trial=100)
    spec.budget.max_steps = 100
    study = create(channel, spec)
    for life in range(25):
        trainee = Trainee(channel, study.name)
        trial = trainee.take()
        if life % 8 == 0:
            trainee.heartbeat(report(trial, step=life + 1))
    assert every_trial(studies, study.name)[0].state != trial_pb2.TRIAL_STATE_FAILED


@pytest.mark.parametrize("steps", [2**41, 2**62])
def test_steps_whose_sum_could_overflow_are_refused(studies: StudyServiceStub, steps: int) -> None:
    spec = minimal_spec(steps_per_trial=steps)
    refused = refusal(lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="s", spec=spec)))
    assert set(refused[2]) == {"spec.steps_per_trial"}


def test_a_search_whose_rule_ended_one_configuration_and_failures_the_other_is_completed(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = minimal_spec(
        random_search=study_pb2.RandomSearch(configurations=3),
        median_stopping=study_pb2.MedianStopping(grace_steps=1, min_trials=1),
        max_failures_per_trial=1,
    )
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    good, worse, failing = trainee.suggest(k=3).trials
    trainee.heartbeat(report(good, step=5, measurements=[measurement(5, score=9.0)]))
    reports = [report(worse), report(failing)]
    (going_on,) = trainee.suggest(completed(good, score=9.0), *reports).trials
    trainee.heartbeat(report(worse, step=5, measurements=[measurement(5, score=1.0)]))
    told = [report(worse, STOPPED, step=5), report(failing, FAILED, failure_message="x")]
    trainee.suggest(completed(going_on, score=9.0), *told)
    after = study_of(studies, study.name)
    assert after.state == study_pb2.STUDY_STATE_COMPLETED
    assert "1 of 3 places were closed after failures" in after.state_message


def test_a_cancelled_studys_pause_does_not_count_as_elapsed(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    studies.PauseStudy(pb.PauseStudyRequest(name=study.name))

    def elapsed() -> float:
        return studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name)).elapsed.ToNanoseconds() / 1e9

    at_pause = elapsed()
    threading.Event().wait(0.3)
    studies.CancelStudy(pb.CancelStudyRequest(name=study.name))
    assert elapsed() < at_pause + 0.2


def test_one_request_at_two_controllers_at_once_makes_one_study(database_url: str) -> None:
    request = pb.CreateStudyRequest(study_id="s", spec=minimal_spec(), request_id="r")
    with EmbeddedController(database_url) as one, EmbeddedController(database_url) as other:
        channels = [grpc.insecure_channel(controller.address) for controller in (one, other)]
        for number in range(10):
            request.study_id = f"s{number}"
            calls = [StudyServiceStub(channel).CreateStudy.future(request) for channel in channels]
            first, second = (call.result().study for call in calls)
            assert first == second
        for channel in channels:
            channel.close()


def test_a_request_with_other_labels_is_another_request(studies: StudyServiceStub) -> None:
    request = pb.CreateStudyRequest(study_id="s", spec=minimal_spec(), request_id="r")
    studies.CreateStudy(request)
    request.labels["team"] = "vision"
    assert refusal(lambda: studies.CreateStudy(request))[0] is grpc.StatusCode.ALREADY_EXISTS


def test_a_long_lineage_is_read_page_by_page(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    spec = limited(max_steps=250)
    spec.population_based_training.population_size = 1
    study = create(channel, spec)
    Trainee(channel, study.name).train(by_learning_rate)
    newest = every_trial(studies, study.name)[-1]
    seen: list[str] = []
    token = ""
    while True:
        page = studies.ListLineage(pb.ListLineageRequest(trial=newest.name, page_size=7, page_token=token))
        seen += [trial.name for trial in page.trials]
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"{study.name}/trials/{number}" for number in range(1, 26)]


def test_a_population_whose_children_all_fail_ends_as_failed(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = limited(max_steps=1000)
    spec.max_failures_per_trial = 2
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    reports: list[trial_pb2.TrialReport] = []
    for _ in range(200):
        answer = trainee.suggest(*reports)
        if not answer.trials:
            break
        (trial,) = answer.trials
        fresh = trial.generation == 0
        failing = report(trial, FAILED, failure_message="cannot restore")
        reports = [completed(trial, score=1.0 + trial.member) if fresh else failing]
    after = study_of(studies, study.name)
    assert after.state == study_pb2.STUDY_STATE_FAILED
    assert "cannot restore" in after.state_message
