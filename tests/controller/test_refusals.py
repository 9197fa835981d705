"""Bad input: the right code, every violation named, nothing stored."""

import math
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from tests.controller.asked_for import example
from tests.controller.refused import refusal
from tests.controller.trainee import Trainee, checkpoint, create, measurement, minimal_spec, report
from tests.laws import every_checkpoint, every_measurement, every_trial

from progenitor.v1 import controller_service_pb2, study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.wire.spec.not_yet import NOT_YET

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Change = Callable[[study_pb2.StudySpec], object]


def parameter(spec: study_pb2.StudySpec, **fields: object) -> None:
    spec.parameters.add(name="extra", **fields)


BAD_SPECS: dict[str, tuple[Change, str]] = {
    "no parameter kind": (parameter, "spec.parameters[1]"),
    "min above max": (
        lambda s: parameter(s, double_domain=study_pb2.DoubleDomain(min=2, max=1)),
        "spec.parameters[1].double_domain",
    ),
    "log scale from 0": (
        lambda s: parameter(
            s, integer_domain=study_pb2.IntegerDomain(min=0, max=1, scale=study_pb2.SCALE_LOG)
        ),
        "spec.parameters[1].integer_domain.min",
    ),
    "NaN bound": (
        lambda s: parameter(s, double_domain=study_pb2.DoubleDomain(min=math.nan, max=1)),
        "spec.parameters[1].double_domain.min",
    ),
    "infinite bound": (
        lambda s: parameter(s, double_domain=study_pb2.DoubleDomain(min=0, max=math.inf)),
        "spec.parameters[1].double_domain.max",
    ),
    "infinite width": (
        lambda s: parameter(s, double_domain=study_pb2.DoubleDomain(min=-1.7e308, max=1.7e308)),
        "spec.parameters[1].double_domain",
    ),
    "unknown scale": (
        lambda s: parameter(s, double_domain=study_pb2.DoubleDomain(min=0, max=1, scale=9)),  # type: ignore[arg-type]  # unknown on purpose
        "spec.parameters[1].double_domain.scale",
    ),
    "unordered values": (
        lambda s: parameter(s, discrete_domain=study_pb2.DiscreteDomain(values=[1, 3, 2])),
        "spec.parameters[1].discrete_domain.values",
    ),
    "no values": (
        lambda s: parameter(s, categorical_domain=study_pb2.CategoricalDomain()),
        "spec.parameters[1].categorical_domain.values",
    ),
    "repeated value": (
        lambda s: parameter(s, categorical_domain=study_pb2.CategoricalDomain(values=["a", "a"])),
        "spec.parameters[1].categorical_domain.values[1]",
    ),
    "repeated parameter name": (lambda s: s.parameters.append(s.parameters[0]), "spec.parameters[1]"),
    "over-long parameter name": (
        lambda s: setattr(s.parameters[0], "name", "x" * 1000),
        "spec.parameters[0].name",
    ),
    "NUL in a parameter name": (
        lambda s: setattr(s.parameters[0], "name", "a\0b"),
        "spec.parameters[0].name",
    ),
    "no metric": (lambda s: s.ClearField("metrics"), "spec.metrics"),
    "no goal": (lambda s: s.metrics[0].ClearField("goal"), "spec.metrics[0].goal"),
    "weight 0": (lambda s: setattr(s.metrics[0], "weight", 0.0), "spec.metrics[0].weight"),
    "no steps": (lambda s: setattr(s, "steps_per_trial", 0), "spec.steps_per_trial"),
    "negative limit": (lambda s: setattr(s.budget, "max_trials", -1), "spec.budget.max_trials"),
    "no limit": (lambda s: s.ClearField("budget"), "spec.budget"),
    "negative seed": (lambda s: setattr(s, "seed", -1), "spec.seed"),
    "negative lease": (lambda s: s.lease_duration.FromSeconds(-1), "spec.lease_duration"),
    "no algorithm": (lambda s: s.ClearField("population_based_training"), "spec.algorithm"),
    "no members": (
        lambda s: setattr(s.population_based_training, "population_size", 0),
        "spec.population_based_training.population_size",
    ),
    "fraction above a half": (
        lambda s: setattr(s.population_based_training.truncation, "fraction", 0.7),
        "spec.population_based_training.truncation.fraction",
    ),
    "three generations": (
        lambda s: setattr(s.population_based_training.initiator, "opponent_generations", 3),
        "spec.population_based_training.initiator.opponent_generations",
    ),
    "probability above 1": (
        lambda s: setattr(s.population_based_training.mutation, "resample_probability", 1.5),
        "spec.population_based_training.mutation.resample_probability",
    ),
    "initial value out of its domain": (
        lambda s: s.initial_population.add(parameters={"lr": study_pb2.ParameterValue(double_value=5.0)}),
        "spec.initial_population[0].parameters['lr']",
    ),
    "initial value of another kind": (
        lambda s: s.initial_population.add(parameters={"lr": study_pb2.ParameterValue(integer_value=1)}),
        "spec.initial_population[0].parameters['lr']",
    ),
    "unknown initial parameter": (
        lambda s: s.initial_population.add(parameters={"no": study_pb2.ParameterValue(double_value=0.1)}),
        "spec.initial_population[0].parameters['no']",
    ),
    "steps without weights": (
        lambda s: s.initial_population.add(start_step=3),
        "spec.initial_population[0].start_step",
    ),
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_bad_specification_is_refused_by_the_name_of_its_field(
    studies: StudyServiceStub, case: str
) -> None:
    change, field = BAD_SPECS[case]
    spec = minimal_spec()
    change(spec)
    code, _, violations = refusal(lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="s", spec=spec)))
    assert code is INVALID
    assert field in violations, violations
    assert not studies.ListStudies(pb.ListStudiesRequest()).studies


@pytest.mark.parametrize("name", sorted(NOT_YET))
def test_what_this_release_does_not_have_is_unimplemented_by_the_name_of_its_field(
    studies: StudyServiceStub, name: str
) -> None:
    spec, field = example(name)
    code, reason, violations = refusal(
        lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="s", spec=spec))
    )
    assert (code, reason) == (grpc.StatusCode.UNIMPLEMENTED, "UNSUPPORTED_FIELD")
    assert set(violations) == {field}
    assert not studies.ListStudies(pb.ListStudiesRequest()).studies


def test_one_answer_names_every_violation(studies: StudyServiceStub) -> None:
    spec = study_pb2.StudySpec(seed=-1)
    request = pb.CreateStudyRequest(study_id="No", spec=spec, labels={"a\0": "b" * 1000})
    _, _, violations = refusal(lambda: studies.CreateStudy(request))
    assert {"study_id", "spec.metrics", "spec.steps_per_trial", "spec.budget", "spec.seed"} <= set(violations)


def test_a_hundred_violations_still_reach_a_client_as_a_status(studies: StudyServiceStub) -> None:
    spec = minimal_spec()
    for _ in range(100):
        spec.parameters.add(name="\N{GREEK SMALL LETTER ALPHA}" * 300)
    request = pb.CreateStudyRequest(study_id="s", spec=spec)
    code, _, violations = refusal(lambda: studies.CreateStudy(request))
    assert code is INVALID
    assert len(violations) >= 10


@pytest.mark.parametrize("study_id", ["", "A", "1a", "a" * 64, "a_b", "a/b", "a\0"])
def test_a_study_id_out_of_its_form_is_refused(studies: StudyServiceStub, study_id: str) -> None:
    request = pb.CreateStudyRequest(study_id=study_id, spec=minimal_spec())
    code, _, violations = refusal(lambda: studies.CreateStudy(request))
    assert code is INVALID
    assert set(violations) == {"study_id"}


def test_a_taken_name_is_refused_except_to_the_request_that_took_it(studies: StudyServiceStub) -> None:
    request = pb.CreateStudyRequest(study_id="s", spec=minimal_spec(), request_id="r1")
    study = studies.CreateStudy(request).study
    assert studies.CreateStudy(request).study == study
    request.request_id = "r2"
    assert refusal(lambda: studies.CreateStudy(request))[:2] == (
        grpc.StatusCode.ALREADY_EXISTS,
        "STUDY_EXISTS",
    )


def test_an_unknown_study_is_not_found(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    trainee = Trainee(channel, "studies/nobody")
    assert refusal(trainee.suggest)[:2] == (grpc.StatusCode.NOT_FOUND, "STUDY_NOT_FOUND")
    assert refusal(trainee.heartbeat)[0] is grpc.StatusCode.NOT_FOUND
    for request in (
        lambda: studies.GetStudy(pb.GetStudyRequest(name="studies/nobody")),
        lambda: studies.GetStudyStatus(pb.GetStudyStatusRequest(name="studies/nobody")),
        lambda: studies.DeleteStudy(pb.DeleteStudyRequest(name="studies/nobody")),
        lambda: studies.ListTrials(pb.ListTrialsRequest(study="studies/nobody")),
        lambda: next(studies.WatchTrials(pb.WatchTrialsRequest(study="studies/nobody"))),
    ):
        assert refusal(request)[0] is grpc.StatusCode.NOT_FOUND


Request = controller_service_pb2.GetNewSuggestionRequest
BAD_CALLS: dict[str, tuple[Callable[[Request], object], str]] = {
    "k below 0": (lambda r: setattr(r, "k", -1), "k"),
    "no worker": (lambda r: r.worker.ClearField("id"), "worker.id"),
    "NUL in the worker's id": (lambda r: setattr(r.worker, "id", "a\0"), "worker.id"),
    "over-long worker id": (lambda r: setattr(r.worker, "id", "a" * 1000), "worker.id"),
    "no sequence": (lambda r: setattr(r, "sequence", 0), "sequence"),
    "no study": (lambda r: r.ClearField("study"), "study"),
    "not a trial": (lambda r: setattr(r.trials[0], "trial", "trials/1"), "trials[0].trial"),
    "a trial of another study": (
        lambda r: setattr(r.trials[0], "trial", "studies/other/trials/1"),
        "trials[0].trial",
    ),
    "a trial that does not exist": (
        lambda r: setattr(r.trials[0], "trial", "studies/s/trials/99"),
        "trials[0].trial",
    ),
    "a trial twice": (lambda r: r.trials.append(r.trials[0]), "trials[1]"),
    "unknown outcome": (lambda r: setattr(r.trials[0], "outcome", 77), "trials[0].outcome"),
    "a step past the end": (lambda r: setattr(r.trials[0], "step", 11), "trials[0].step"),
    "a measurement past the end": (
        lambda r: r.trials[0].measurements.append(measurement(99, score=1.0)),
        "trials[0].measurements[0].step",
    ),
    "an over-long metric name": (
        lambda r: r.trials[0].measurements.append(measurement(1, **{"x" * 500: 1.0})),
        f"trials[0].measurements[0].metrics[{'x' * 128!r}]",
    ),
    "a checkpoint without a digest": (
        lambda r: r.trials[0].checkpoints.add(uri="u", step=1),
        "trials[0].checkpoints[0].digest",
    ),
    "an over-long uri": (
        lambda r: r.trials[0].checkpoints.add(uri="u" * 5000, step=1, digest="sha256:" + "0" * 64),
        "trials[0].checkpoints[0].uri",
    ),
    "an over-long message": (
        lambda r: setattr(r.trials[0], "failure_message", "x" * 100_000),
        "trials[0].failure_message",
    ),
    "something deleted that was not deletable": (lambda r: r.deleted.append("u"), "deleted[0]"),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_a_bad_call_is_refused_by_the_name_of_its_field_and_stores_nothing(
    channel: grpc.Channel, studies: StudyServiceStub, case: str
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    request = trainee.request(report(trial, step=5, checkpoints=[]), k=1)
    change, field = BAD_CALLS[case]
    change(request)
    code, _, violations = refusal(lambda: trainee.stub.GetNewSuggestion(request))
    assert code is INVALID
    assert field in violations, violations
    (stored,) = every_trial(studies, study.name)
    assert (stored.step, stored.failures) == (0, 0)
    assert not every_measurement(studies, trial.name)
    assert not every_checkpoint(studies, study.name)
    trainee.sequence = 1
    assert trainee.suggest(report(trial)).trials, "a refused call leaves the worker's sequence free"


def test_a_checkpoint_is_registered_once_and_never_changes(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    study = create(channel)
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    saved = checkpoint(trial, 5)
    for _ in range(2):
        trainee.heartbeat(report(trial, checkpoints=[saved]))
    changed = trial_pb2.Checkpoint(uri=saved.uri, step=5, size_bytes=1, digest="sha256:" + "0" * 64)
    code, reason, _ = refusal(lambda: trainee.heartbeat(report(trial, checkpoints=[changed])))
    assert (code, reason) == (INVALID, "REPORT_CONFLICT")
    assert [entry.checkpoint for entry in every_checkpoint(studies, study.name)] == [saved]


def test_a_heartbeat_with_an_outcome_is_refused(channel: grpc.Channel) -> None:
    trainee = Trainee(channel, create(channel).name)
    trial = trainee.take()
    code, _, violations = refusal(lambda: trainee.heartbeat(report(trial, trial_pb2.OUTCOME_FAILED)))
    assert code is INVALID
    assert set(violations) == {"trials[0].outcome"}


@pytest.mark.parametrize(
    "request_",
    [
        pb.UpdateStudyRequest(
            study=study_pb2.Study(name="studies/s"), update_mask=FieldMask(paths=["spec.seed"])
        ),
        pb.UpdateStudyRequest(study=study_pb2.Study(name="studies/s")),
        pb.UpdateStudyRequest(
            study=study_pb2.Study(name="studies/s"), update_mask=FieldMask(paths=["spec.budget"])
        ),
    ],
)
def test_only_budget_and_labels_can_be_updated(
    channel: grpc.Channel, studies: StudyServiceStub, request_: pb.UpdateStudyRequest
) -> None:
    before = create(channel)
    assert refusal(lambda: studies.UpdateStudy(request_))[0] is INVALID
    assert studies.GetStudy(pb.GetStudyRequest(name="studies/s")).study == before


def test_what_would_not_fit_into_a_message_is_refused_before_it_is_stored(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = minimal_spec()
    for number in range(900):
        spec.parameters.add(
            name=f"p{number}", categorical_domain=study_pb2.CategoricalDomain(values=["x" * 400])
        )
    code, _, violations = refusal(lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="s", spec=spec)))
    assert code is INVALID
    assert set(violations) == {"spec"}
    trainee = Trainee(channel, create(channel).name)
    trial = trainee.take()
    beats = [
        report(trial, measurements=[measurement(5, **{f"m{part}-{number}": 1.0 for number in range(600)})])
        for part in (0, 1)
    ]
    trainee.heartbeat(beats[0])
    code, reason, _ = refusal(lambda: trainee.heartbeat(beats[1]))
    assert (code, reason) == (INVALID, "REPORT_CONFLICT")


@pytest.mark.parametrize("garbage", [b"\xff" * 9, b"\x0a\x7fshort", b"\x0a\x02\xc3\x28"])
@pytest.mark.parametrize("method", ["ControllerService/GetNewSuggestion", "StudyService/GetStudy"])
def test_bytes_that_are_no_message_are_an_invalid_request(
    channel: grpc.Channel, method: str, garbage: bytes
) -> None:
    call: Any = channel.unary_unary(f"/progenitor.v1.{method}")
    code, reason, violations = refusal(lambda: call(garbage))
    assert (code, reason, set(violations)) == (INVALID, "INVALID_REQUEST", {"request"})
