"""Searches without evolution, through the services."""

import sys
from collections import Counter
from math import log
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from tests.controller.refused import refusal
from tests.controller.trainee import Trainee, completed, create, minimal_spec, report
from tests.laws import check_study, every_trial

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController

SEARCHES: dict[str, dict[str, Any]] = {
    "grid": {"grid_search": study_pb2.GridSearch(points_per_parameter=3)},
    "hyperband": {"hyperband": study_pb2.Hyperband(configurations=13)},
    "asha": {"hyperband": study_pb2.Hyperband(configurations=13, asynchronous=True)},
    "bandit": {
        "gaussian_process_bandit": study_pb2.GaussianProcessBandit(configurations=12),
    },
    "cma": {
        "covariance_matrix_adaptation": study_pb2.CovarianceMatrixAdaptation(configurations=20),
    },
}
PLACES = {"grid": 9, "hyperband": 13, "asha": 13, "bandit": 12, "cma": 20}


def search(name: str, **changes: object) -> study_pb2.StudySpec:
    """Lineages of up to nine sessions of ten steps where there are rungs, else of two."""
    longest = 90 if "hyperband" in SEARCHES[name] else 20
    spec = minimal_spec(budget=study_pb2.Budget(max_steps=longest), **{**SEARCHES[name], **changes})
    spec.parameters.add(name="kind", categorical_domain=study_pb2.CategoricalDomain(values=["a", "b", "c"]))
    return spec


def by_distance(trial: trial_pb2.Trial) -> float:
    """The nearer the learning rate is to 0.01 the better; so is more training."""
    kind = trial.parameters["kind"].categorical_value
    return -abs(log(trial.parameters["lr"].double_value) - log(0.01)) - (kind != "b") + trial.end_step / 1000


def status_of(studies: StudyServiceStub, name: str) -> pb.GetStudyStatusResponse:
    return studies.GetStudyStatus(pb.GetStudyStatusRequest(name=name))


def told(trials: list[trial_pb2.Trial]) -> list[tuple[object, ...]]:
    """What was decided, without the names."""
    return [
        (
            t.member,
            t.generation,
            t.seed,
            t.start_step,
            t.end_step,
            t.parent.rpartition("/")[2],
            str(t.parameters),
        )
        for t in trials
    ]


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_a_search_comes_to_its_end(channel: grpc.Channel, studies: StudyServiceStub, name: str) -> None:
    study = create(channel, search(name))
    Trainee(channel, study.name).train(by_distance)
    trials = check_study(channel, study.name)
    assert {trial.member for trial in trials} == set(range(PLACES[name]))
    status = status_of(studies, study.name)
    assert (status.study.state, status.progress) == (study_pb2.STUDY_STATE_COMPLETED, 1.0)
    assert status.study.state_message
    assert any(trial.end_step == status.study.spec.budget.max_steps for trial in trials)
    assert "raised" not in status.study.state_message


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_another_controller_decides_the_same(database_url: str, name: str) -> None:
    with EmbeddedController(database_url) as running, grpc.insecure_channel(running.address) as channel:
        whole = create(channel, search(name), "whole")
        parts = create(channel, search(name), "parts")
        Trainee(channel, whole.name).train(by_distance)
        expected = told(every_trial(StudyServiceStub(channel), whole.name))
    while True:
        with EmbeddedController(database_url) as running, grpc.insecure_channel(running.address) as channel:
            # What it holds in the end is taken over by the next one of the same name.
            Trainee(channel, parts.name).train(by_distance, most=5)
            studies = StudyServiceStub(channel)
            if status_of(studies, parts.name).study.state == study_pb2.STUDY_STATE_COMPLETED:
                assert told(every_trial(studies, parts.name)) == expected
                return


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_many_workers_get_different_configurations(channel: grpc.Channel, name: str) -> None:
    study = create(channel, search(name))
    trainee = Trainee(channel, study.name)
    first = trainee.suggest(k=3).trials
    reports = [completed(trial, score=by_distance(trial)) for trial in first]
    answer = trainee.suggest(*reports, k=4)
    held = [trial for trial in answer.trials if trial.generation == 0]
    assert len({str(trial.parameters) for trial in (*first, *held)}) == 3 + len(held)


@pytest.mark.parametrize("name", sorted(SEARCHES))
@pytest.mark.parametrize("score", [float("nan"), None])
def test_a_search_of_failures_fails(
    channel: grpc.Channel, studies: StudyServiceStub, name: str, score: float | None
) -> None:
    study = create(channel, search(name, max_failures_per_trial=1))
    trainee = Trainee(channel, study.name)
    reports: list[trial_pb2.TrialReport] = []
    while found := trainee.suggest(*reports).trials:
        (trial,) = found
        failed = report(trial, trial_pb2.OUTCOME_FAILED, failure_message="it broke")
        reports = [failed if score is None else completed(trial, score=score)]
    assert len(check_study(channel, study.name)) == PLACES[name]
    after = status_of(studies, study.name).study
    assert after.state == study_pb2.STUDY_STATE_FAILED
    assert ("it broke" if score is None else "finite") in after.state_message


# Grid search.


def test_a_grid_has_every_combination_once(channel: grpc.Channel) -> None:
    study = create(channel, search("grid"))
    trials = Trainee(channel, study.name).suggest(k=20).trials
    found = [(t.parameters["lr"].double_value, t.parameters["kind"].categorical_value) for t in trials]
    rates = pytest.approx([1e-4] * 3 + [1e-2] * 3 + [1.0] * 3)
    assert [rate for rate, _ in found] == rates
    assert [kind for _, kind in found] == ["a", "b", "c"] * 3


# Hyperband.


def test_a_rung_waits_for_its_last_session(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    spec = search("hyperband")
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trials = list(trainee.suggest(k=20).trials)
    assert Counter(trial.end_step for trial in trials) == {10: 7, 30: 4, 90: 2}
    *most, last = [completed(trial, score=by_distance(trial)) for trial in trials if trial.end_step == 10]
    rest = [report(trial) for trial in trials if trial.end_step > 10]
    answer = trainee.suggest(*most, report(trials[6]), *rest)
    assert not answer.trials
    assert answer.retry_after.ToNanoseconds() > 0
    assert 0.0 < status_of(studies, study.name).progress < 0.5
    promoted = trainee.suggest(last, *rest, k=9).trials
    best = sorted(trials[:7], key=by_distance)[-2:]
    assert [trial.parent for trial in promoted] == [trial.name for trial in reversed(best)]
    assert {(trial.start_step, trial.end_step) for trial in promoted} == {(10, 30)}
    assert all(trial.warm_start.step == 10 for trial in promoted)


def test_what_is_stopped_by_a_limit_goes_on_when_that_is_raised(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = search("asha")
    spec.budget.target = -0.05
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trials = list(trainee.suggest(k=4).trials)
    trainee.suggest(completed(trials[0], score=0.0), *[report(trial) for trial in trials[1:]])
    trainee.suggest(*[report(trial, trial_pb2.OUTCOME_STOPPED) for trial in trials[1:]])
    assert status_of(studies, study.name).study.state == study_pb2.STUDY_STATE_COMPLETED
    spec.budget.ClearField("target")
    changed = study_pb2.Study(name=study.name, spec=spec)
    studies.UpdateStudy(pb.UpdateStudyRequest(study=changed, update_mask=FieldMask(paths=["spec.budget"])))
    again = trainee.take()
    assert (again.member, again.generation, again.initiator) == (1, 1, trials[1].name)
    assert again.parameters == trials[1].parameters
    trainee.train_on(again, by_distance)
    after = check_study(channel, study.name)
    assert {trial.member for trial in after} == set(range(13))
    assert any(trial.end_step == 90 for trial in after)


def test_a_larger_budget_trains_the_best_further(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    study = create(channel, search("asha"))
    trainee = Trainee(channel, study.name)
    trainee.train(by_distance)
    before = every_trial(studies, study.name)
    changed = study_pb2.Study(name=study.name, spec=search("asha"))
    changed.spec.budget.max_steps = 270
    updated = studies.UpdateStudy(
        pb.UpdateStudyRequest(study=changed, update_mask=FieldMask(paths=["spec.budget"]))
    )
    assert updated.study.state == study_pb2.STUDY_STATE_ACTIVE
    trainee.train(by_distance)
    after = check_study(channel, study.name)
    best = max((trial for trial in before if trial.end_step == 90), key=by_distance)
    assert best.member in {trial.member for trial in after if trial.end_step == 270}


# CMA-ES without its package.


def test_without_the_package_it_is_refused_by_the_name_of_the_extra(
    studies: StudyServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cmaes", None)
    code, _, violations = refusal(
        lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="s", spec=search("cma")))
    )
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "progenitor[search]" in violations["spec.covariance_matrix_adaptation"]


def test_a_controller_without_the_package_samples_and_says_so(
    channel: grpc.Channel, studies: StudyServiceStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = create(channel, search("cma"))
    monkeypatch.setitem(sys.modules, "cmaes", None)
    assert Trainee(channel, study.name).take().parameters["lr"].double_value > 0
    message = status_of(studies, study.name).study.state_message
    assert "cmaes" in message
    assert "were sampled" in message
