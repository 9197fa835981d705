"""What people and tools ask of a study."""

import asyncio
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from tests.controller.refused import refusal
from tests.controller.trainee import (
    Trainee,
    by_learning_rate,
    checkpoint,
    completed,
    create,
    minimal_spec,
    report,
)
from tests.laws import every_trial, number_of

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.calls import StudyCall
from progenitor_controller.server import EmbeddedController
from progenitor_storage import Database, Transaction
from progenitor_storage.model.trial import Trial


def test_a_study_shows_what_was_given_and_every_default(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    given = minimal_spec()
    given.ClearField("seed")
    study = create(channel, given)
    assert study.spec == given
    full = study.effective_spec
    assert full.HasField("seed")
    assert full.lease_duration.seconds == 60
    assert full.max_failures_per_trial == 3
    assert full.population_based_training.WhichOneof("selection") is not None
    assert full.population_based_training.mutation.sigma > 0
    assert full.population_based_training.exploration_scope
    assert studies.GetStudy(pb.GetStudyRequest(name=study.name)).study == study


def test_a_study_made_again_under_its_name_is_another_one(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    before = create(channel)
    Trainee(channel, before.name).train(by_learning_rate)
    studies.DeleteStudy(pb.DeleteStudyRequest(name=before.name))
    assert (
        refusal(lambda: studies.GetStudy(pb.GetStudyRequest(name=before.name)))[0]
        is grpc.StatusCode.NOT_FOUND
    )
    after = create(channel)
    assert after.uid != before.uid
    assert not every_trial(studies, after.name)


def test_studies_are_listed_page_by_page(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    for name in ("c", "a", "b"):
        create(channel, study_id=name)
    first = studies.ListStudies(pb.ListStudiesRequest(page_size=2))
    assert [s.name for s in first.studies] == ["studies/a", "studies/b"]
    second = studies.ListStudies(pb.ListStudiesRequest(page_size=2, page_token=first.next_page_token))
    assert [s.name for s in second.studies] == ["studies/c"]
    assert not second.next_page_token


def test_a_token_of_another_list_is_refused(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    for name in ("a", "b"):
        create(channel, study_id=name)
    token = studies.ListStudies(pb.ListStudiesRequest(page_size=1)).next_page_token
    for bad in (token, "nonsense", "é"):
        request = pb.ListTrialsRequest(study="studies/a", page_token=bad)
        code, _, violations = refusal(partial(studies.ListTrials, request))
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert set(violations) == {"page_token"}


def test_status_is_what_a_count_of_the_trials_gives(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    first, second = trainee.suggest(k=2).trials
    trainee.suggest(completed(first, score=0.7), report(second, step=3), k=0)
    status = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=study.name))
    assert {state: n for state, n in status.trial_counts.items() if n} == {
        "TRIAL_STATE_COMPLETED": 1,
        "TRIAL_STATE_RUNNING": 1,
    }
    assert set(status.trial_counts) == set(trial_pb2.TrialState.keys()[1:])
    assert (status.total_steps, status.active_workers) == (13, 1)
    assert status.progress == 13 / 80
    assert status.best_trial.name == first.name


def test_population_best_and_lineage(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    Trainee(channel, study.name).train(by_learning_rate)
    trials = every_trial(studies, study.name)
    population = studies.ListPopulation(pb.ListPopulationRequest(study=study.name)).trials
    assert [(t.member, t.generation) for t in population] == [(0, 1), (1, 1), (2, 1), (3, 1)]
    best = studies.ListBestTrials(pb.ListBestTrialsRequest(study=study.name)).trials
    scores = [t.measurement.metrics["score"] for t in best]
    assert scores == sorted((t.measurement.metrics["score"] for t in trials), reverse=True)
    paged: list[str] = []
    token = ""
    while True:
        page = studies.ListBestTrials(
            pb.ListBestTrialsRequest(study=study.name, page_size=3, page_token=token)
        )
        paged += [t.name for t in page.trials]
        token = page.next_page_token
        if not token:
            break
    assert paged == [t.name for t in best]
    lineage = studies.ListLineage(pb.ListLineageRequest(trial=best[0].name)).trials
    assert [t.name for t in lineage] == [best[0].parent, best[0].name]


def test_checkpoints_are_listed_and_pinned(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    for step in (3, 5):
        trainee.heartbeat(report(trial, checkpoints=[checkpoint(trial, step)]))
    listed = studies.ListCheckpoints(pb.ListCheckpointsRequest(study=study.name, page_size=1))
    rest = studies.ListCheckpoints(
        pb.ListCheckpointsRequest(study=study.name, page_token=listed.next_page_token)
    )
    assert [e.checkpoint.step for e in [*listed.checkpoints, *rest.checkpoints]] == [3, 5]
    uri = rest.checkpoints[0].checkpoint.uri
    pinned = studies.PinCheckpoint(pb.PinCheckpointRequest(study=study.name, uri=uri)).checkpoint
    assert pinned.checkpoint.pinned
    assert studies.GetTrial(pb.GetTrialRequest(name=trial.name)).trial.checkpoint.pinned
    unpinned = studies.UnpinCheckpoint(pb.UnpinCheckpointRequest(study=study.name, uri=uri)).checkpoint
    assert not unpinned.checkpoint.pinned
    missing = pb.PinCheckpointRequest(study=study.name, uri="none")
    assert refusal(lambda: studies.PinCheckpoint(missing))[0] is grpc.StatusCode.NOT_FOUND


def test_workers_are_listed_with_what_they_hold_the_last_heard_first(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trial = Trainee(channel, study.name, "a").take()
    Trainee(channel, study.name, "b").suggest(k=0)
    workers = studies.ListWorkers(pb.ListWorkersRequest(study=study.name)).workers
    assert [(w.worker.id, list(w.trials)) for w in workers] == [("b", []), ("a", [trial.name])]
    paged = studies.ListWorkers(pb.ListWorkersRequest(study=study.name, page_size=1))
    rest = studies.ListWorkers(pb.ListWorkersRequest(study=study.name, page_token=paged.next_page_token))
    assert [w.worker.id for w in rest.workers] == ["a"]


def test_watching_tells_each_change_and_resumes_where_it_was_cut(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    first = trainee.take()
    watch = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name))
    seen = next(watch)
    assert [t.name for t in seen.trials] == [first.name]
    second = trainee.take(completed(first, score=1.0))
    changed = {t.name: t.state for t in next(watch).trials}
    watch.cancel()
    assert changed[first.name] == trial_pb2.TRIAL_STATE_COMPLETED
    resumed = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name, resume_token=seen.resume_token))
    known: dict[str, trial_pb2.Trial] = {}
    while second.name not in known:
        known |= {t.name: t for t in next(resumed).trials}
    assert known[first.name].state == trial_pb2.TRIAL_STATE_COMPLETED
    resumed.cancel()


def test_renewing_a_lease_is_no_change(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    watch = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name))
    token = next(watch).resume_token
    watch.cancel()
    trainee.heartbeat(report(trial))
    trainee.heartbeat(report(trial, step=4))
    resumed = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name, resume_token=token))
    assert [t.step for t in next(resumed).trials] == [4]
    resumed.cancel()


def test_a_token_of_a_study_that_was_deleted_is_refused(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    Trainee(channel, study.name).take()
    watch = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name))
    token = next(watch).resume_token
    studies.DeleteStudy(pb.DeleteStudyRequest(name=study.name))
    assert refusal(lambda: next(watch))[0] is grpc.StatusCode.NOT_FOUND
    create(channel)
    again = studies.WatchTrials(pb.WatchTrialsRequest(study=study.name, resume_token=token))
    assert refusal(lambda: next(again))[2].keys() == {"resume_token"}


def test_pausing_and_resuming_twice_is_harmless(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    for _ in range(2):
        paused = studies.PauseStudy(pb.PauseStudyRequest(name=study.name)).study
        assert paused.state == study_pb2.STUDY_STATE_PAUSED
    for _ in range(2):
        resumed = studies.ResumeStudy(pb.ResumeStudyRequest(name=study.name)).study
        assert resumed.state == study_pb2.STUDY_STATE_ACTIVE
    studies.CancelStudy(pb.CancelStudyRequest(name=study.name))
    for call in (
        lambda: studies.PauseStudy(pb.PauseStudyRequest(name=study.name)),
        lambda: studies.ResumeStudy(pb.ResumeStudyRequest(name=study.name)),
    ):
        assert refusal(call)[0] is grpc.StatusCode.FAILED_PRECONDITION


def test_labels_are_replaced(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel)
    changed = study_pb2.Study(name=study.name, labels={"team": "vision"})
    after = studies.UpdateStudy(pb.UpdateStudyRequest(study=changed)).study
    assert dict(after.labels) == {"team": "vision"}
    assert after.spec == study.spec


def test_health_and_reflection_are_served(channel: grpc.Channel) -> None:
    health: Any = health_pb2_grpc.HealthStub(channel)
    for service in ("", "progenitor.v1.ControllerService", "progenitor.v1.StudyService"):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    make_stub: Any = reflection_pb2_grpc.ServerReflectionStub
    reflection = make_stub(channel)
    asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
    listed = next(reflection.ServerReflectionInfo(asked)).list_services_response.service
    assert {"progenitor.v1.ControllerService", "progenitor.v1.StudyService"} <= {s.name for s in listed}


MANY = 2_000


def add_trials(tx: Transaction, call: StudyCall) -> None:
    study = tx.studies.locked(call.study)
    for number in range(1, MANY + 1):
        draft = Trial(number % 100, number, {"lr": 0.1, "name": "x" * 3000}, 1, 0, 10)
        tx.trials.insert(study, draft)


def test_six_mebibytes_of_trials_are_readable_in_pages_of_at_most_one(
    database_url: str, controller: EmbeddedController, channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)

    async def fill() -> None:
        database = await Database.open(database_url)
        await database.transact(add_trials, StudyCall("s"))
        await database.close()

    asyncio.run(fill())
    seen = 0
    token = ""
    while True:
        page = studies.ListTrials(pb.ListTrialsRequest(study=study.name, page_size=MANY, page_token=token))
        assert page.ByteSize() <= 2**20 + 100
        numbers = [number_of(t.name) for t in page.trials]
        assert numbers == list(range(seen + 1, seen + 1 + len(numbers)))
        seen += len(numbers)
        token = page.next_page_token
        if not token:
            break
    assert seen == MANY
