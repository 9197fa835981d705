"""Replays: trials of another study trained again, parents first, with what they began with and came to."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import hashlib
from collections.abc import Callable, Sequence

import grpc
import pytest
from tests.controller.refused import refusal
from tests.controller.trainee import (
    Trainee,
    by_learning_rate,
    completed,
    create,
    minimal_spec,
    report,
)

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller import replays

WARM = "elsewhere/checkpoint"
DIGEST = "sha256:" + "a" * 64


def trials_of(studies: StudyServiceStub, study: str) -> dict[str, trial_pb2.Trial]:
    listed = studies.ListTrials(pb.ListTrialsRequest(study=f"studies/{study}", page_size=1000)).trials
    return {trial.name: trial for trial in listed}


def replay_spec(names: Sequence[str], **handling: object) -> study_pb2.StudySpec:
    return study_pb2.StudySpec(replay=study_pb2.Replay(trials=names), **handling)  # type: ignore[arg-type]


def ancestry(trials: dict[str, trial_pb2.Trial], names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = trials[name].parent  # noqa: PLW2901  up the lineage
    return found


def as_digest(trial: trial_pb2.Trial) -> str:
    """Of a checkpoint that follows from all that deterministic training code sees."""
    seen = trial_pb2.Trial(
        parameters=trial.parameters,
        seed=trial.seed,
        start_step=trial.start_step,
        end_step=trial.end_step,
        warm_start=trial_pb2.Checkpoint(digest=trial.warm_start.digest),
    )
    return f"sha256:{hashlib.sha256(seen.SerializeToString(deterministic=True)).hexdigest()}"


def deterministic(trial: trial_pb2.Trial) -> trial_pb2.TrialReport:
    told = completed(trial, score=by_learning_rate(trial), size=trial.parameters["lr"].double_value)
    told.checkpoints[0].digest = as_digest(trial)
    return told


Training = Callable[[trial_pb2.Trial], trial_pb2.TrialReport]


def train(channel: grpc.Channel, study: str, training: Training = deterministic, workers: int = 1) -> None:
    """Until nothing is handed out any more; several workers hold a trial each all the time."""
    team = [Trainee(channel, study, f"{study}-{number}") for number in range(workers)]
    held: dict[int, trial_pb2.Trial] = {}
    while True:
        for place, worker in enumerate(team):
            reports = [training(held.pop(place))] if place in held else []
            answer = worker.suggest(*reports)
            if answer.trials:
                held[place] = answer.trials[0]
        if not held:
            return


def trained(channel: grpc.Channel, spec: study_pb2.StudySpec | None = None, study_id: str = "s") -> None:
    study = create(channel, spec or minimal_spec(budget=study_pb2.Budget(max_steps=60)), study_id)
    train(channel, study.name)


def state_of(studies: StudyServiceStub, study: str) -> tuple[study_pb2.StudyState.ValueType, str]:
    found = studies.GetStudy(pb.GetStudyRequest(name=f"studies/{study}")).study
    return found.state, found.state_message


def same_training(again: trial_pb2.Trial, first: trial_pb2.Trial) -> bool:
    return (
        again.member == first.member
        and again.generation == first.generation
        and again.seed == first.seed
        and again.parameters == first.parameters
        and (again.start_step, again.end_step) == (first.start_step, first.end_step)
    )


def check_replay(studies: StudyServiceStub, replayed: str, names: Sequence[str], replay: str) -> None:
    """The ancestors of `names`, each trained once, in the places and from the parents that they had."""
    there, here = trials_of(studies, replayed), trials_of(studies, replay)
    wanted = ancestry(there, names)
    found = {trial.replays: trial for trial in here.values()}
    assert set(found) == wanted
    assert len(here) == len(wanted)
    for name, again in found.items():
        first = there[name]
        assert same_training(again, first)
        assert again.replayed_digest == first.checkpoint.digest
        assert not again.initiator
        if first.parent:
            assert here[again.parent].replays == first.parent
            assert again.warm_start == here[again.parent].checkpoint
        else:
            assert not again.parent


def check_bit_equal(studies: StudyServiceStub, replay: str) -> None:
    trials = trials_of(studies, replay)
    assert all(trial.checkpoint.digest == trial.replayed_digest for trial in trials.values())
    assert state_of(studies, replay) == (
        study_pb2.STUDY_STATE_COMPLETED,
        f"all {len(trials)} checkpoints are the replayed ones, digest for digest",
    )


def newest(studies: StudyServiceStub, study: str) -> list[str]:
    """By name, each member's newest trial."""
    population = studies.ListPopulation(pb.ListPopulationRequest(study=f"studies/{study}")).trials
    return [trial.name for trial in population]


CROSSED = minimal_spec(
    budget=study_pb2.Budget(max_steps=60),
    population_based_training=study_pb2.PopulationBasedTraining(
        population_size=4,
        truncation=study_pb2.TruncationSelection(fraction=0.5),
        crossover=study_pb2.Crossover(probability=0.5),
    ),
)
PARETO = minimal_spec(budget=study_pb2.Budget(max_steps=60))
PARETO.metrics.add(name="size", goal=study_pb2.GOAL_MINIMIZE)
PARETO.population_based_training.fitness = study_pb2.FITNESS_PARETO
SUB_POPULATIONS = minimal_spec(budget=study_pb2.Budget(max_steps=60))
for size, steps in ((3, 10), (1, 30)):
    SUB_POPULATIONS.population_based_training.sub_populations.add(size=size, steps_per_trial=steps)
SUB_POPULATIONS.population_based_training.migration_interval = 1
SOURCES = {
    "pareto": PARETO,
    "sub-populations": SUB_POPULATIONS,
    "truncation": minimal_spec(budget=study_pb2.Budget(max_steps=60)),
    "crossover": CROSSED,
    "hyperband": minimal_spec(
        budget=study_pb2.Budget(max_steps=90),
        hyperband=study_pb2.Hyperband(configurations=9, asynchronous=True),
    ),
    "random": minimal_spec(random_search=study_pb2.RandomSearch(configurations=3)),
}


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("source", sorted(SOURCES))
def test_the_ancestors_of_trials_are_trained_again_and_bit_equal(
    channel: grpc.Channel, studies: StudyServiceStub, source: str, workers: int
) -> None:
    trained(channel, SOURCES[source])
    names = newest(studies, "s")
    create(channel, replay_spec(names), "again")
    train(channel, "studies/again", workers=workers)
    check_replay(studies, "s", names, "again")
    check_bit_equal(studies, "again")


def test_a_lineage_crosses_members_and_nothing_beside_it_is_trained(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel, CROSSED)
    there = trials_of(studies, "s")
    crossing = [
        name for name in there if len({there[ancestor].member for ancestor in ancestry(there, [name])}) > 1
    ]
    study = create(channel, replay_spec(crossing[-1:]), "again")
    train(channel, study.name)
    check_replay(studies, "s", crossing[-1:], "again")
    assert len(trials_of(studies, "again")) < len(there)


def test_what_decisions_read_is_the_replayed_studys(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    trained(channel)
    source = studies.GetStudy(pb.GetStudyRequest(name="studies/s")).study.effective_spec
    made = create(channel, replay_spec(["studies/s/trials/7"], max_failures_per_trial=1), "again")
    assert made.spec == replay_spec(["studies/s/trials/7"], max_failures_per_trial=1)
    full = made.effective_spec
    assert list(full.parameters) == list(source.parameters)
    assert list(full.metrics) == list(source.metrics)
    assert (full.seed, full.steps_per_trial) == (source.seed, source.steps_per_trial)
    assert full.max_failures_per_trial == 1
    assert full.replay.closure[-1].trial == 7
    train(channel, made.name)
    status = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=made.name))
    assert status.progress == 1
    assert status.total_steps == full.replay.closure[-1].end_step


def test_a_trial_waits_for_its_parent_and_numbers_follow_creation(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel, minimal_spec(random_search=study_pb2.RandomSearch(configurations=2)))
    create(channel, replay_spec(newest(studies, "s")), "again")
    fast, slow = (Trainee(channel, "studies/again", name) for name in ("fast", "slow"))
    slow.take()
    taken = [fast.take()]
    taken.append(fast.take(deterministic(taken[0])))
    assert taken[1].parent == taken[0].name
    answer = fast.suggest(deterministic(taken[1]))
    assert not answer.trials
    assert answer.HasField("retry_after")
    assert [int(name.rpartition("/")[2]) for name in trials_of(studies, "again")] == [1, 2, 3]


def test_other_checkpoints_are_counted_and_the_first_is_named(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel)
    create(channel, replay_spec(newest(studies, "s")), "again")

    def otherwise(trial: trial_pb2.Trial) -> trial_pb2.TrialReport:
        told = deterministic(trial)
        if trial.generation == 2:
            told.checkpoints[0].digest = DIGEST
        return told

    train(channel, "studies/again", otherwise)
    trials = trials_of(studies, "again")
    differing = [trial for trial in trials.values() if trial.checkpoint.digest != trial.replayed_digest]
    assert {trial.generation for trial in differing} == {2, 3, 4, 5}, "what comes of them differs as well"
    first = min(int(trial.name.rpartition("/")[2]) for trial in differing)
    assert state_of(studies, "again") == (
        study_pb2.STUDY_STATE_COMPLETED,
        f"{len(differing)} of {len(trials)} checkpoints differ from the replayed ones: first trial {first}",
    )


def test_a_trial_that_fails_for_good_fails_the_replay_and_no_other_is_begun(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel)
    create(channel, replay_spec(newest(studies, "s"), max_failures_per_trial=2), "again")
    worker = Trainee(channel, "studies/again")
    first = worker.take()
    failed = report(first, trial_pb2.OUTCOME_FAILED, failure_message="no")
    second = worker.take(failed)
    assert second.name == first.name
    answer = worker.suggest(report(second, trial_pb2.OUTCOME_FAILED, failure_message="out of luck"))
    assert not answer.trials
    state, message = state_of(studies, "again")
    assert state == study_pb2.STUDY_STATE_FAILED
    assert message == "a replay needs every one of its trials; trial 1 failed: out of luck"


def test_what_began_with_a_given_checkpoint_does_so_again(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    spec = minimal_spec(
        budget=study_pb2.Budget(max_steps=40), random_search=study_pb2.RandomSearch(configurations=1)
    )
    spec.initial_population.add(warm_start_uri=WARM, start_step=20, warm_start_digest=DIGEST)
    study = create(channel, spec)
    worker = Trainee(channel, study.name)
    trial = worker.take()
    saved = trial_pb2.Checkpoint(uri="own", step=25, size_bytes=1, digest=DIGEST)
    worker.suggest(report(trial, trial_pb2.OUTCOME_RELEASED, step=25, checkpoints=[saved]), k=0)
    heir = Trainee(channel, study.name, "heir")
    trial = heir.take()
    assert trial.warm_start.uri == "own", "after that it goes on from its own"
    heir.suggest(deterministic(trial), k=0)
    train(channel, study.name)
    for name, replayed in (("again", "s"), ("and-again", "again")):
        create(channel, replay_spec(newest(studies, replayed), max_failures_per_trial=2), name)
        worker = Trainee(channel, f"studies/{name}")
        root = worker.take()
        assert (root.warm_start.uri, root.warm_start.digest) == (WARM, DIGEST)
        assert (root.warm_start.step, root.start_step, root.parent) == (20, 20, "")
        failed = report(root, trial_pb2.OUTCOME_FAILED, step=25, checkpoints=[saved])
        last_try = worker.take(failed)
        assert (last_try.warm_start.uri, last_try.warm_start.step) == (WARM, 20)
        worker.suggest(deterministic(last_try), k=0)
        train(channel, f"studies/{name}")
        assert state_of(studies, name)[0] == study_pb2.STUDY_STATE_COMPLETED


def test_a_replay_is_replayed(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    trained(channel)
    for name, replayed in (("again", "s"), ("and-again", "again")):
        create(channel, replay_spec(newest(studies, replayed)), name)
        train(channel, f"studies/{name}", workers=2)
        check_bit_equal(studies, name)


def test_the_replayed_study_may_be_deleted_once_it_is_created(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel)
    create(channel, replay_spec(newest(studies, "s")), "again")
    studies.DeleteStudy(pb.DeleteStudyRequest(name="studies/s"))
    train(channel, "studies/again")
    check_bit_equal(studies, "again")


def test_the_same_request_sent_again_is_answered_even_if_the_replayed_study_is_gone(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    trained(channel)
    request = pb.CreateStudyRequest(
        study_id="again", spec=replay_spec(["studies/s/trials/5"]), request_id="once"
    )
    made = studies.CreateStudy(request).study
    studies.DeleteStudy(pb.DeleteStudyRequest(name="studies/s"))
    assert studies.CreateStudy(request).study == made
    request.request_id = "twice"
    assert refusal(lambda: studies.CreateStudy(request))[0] is grpc.StatusCode.ALREADY_EXISTS


def test_a_trial_without_a_finite_fitness_is_replayed_too(
    channel: grpc.Channel, studies: StudyServiceStub
) -> None:
    def diverged(trial: trial_pb2.Trial) -> trial_pb2.TrialReport:
        told = deterministic(trial)
        told.measurements[0].metrics["score"] = float("nan")
        return told

    study = create(channel, minimal_spec(max_failures_per_trial=1))
    train(channel, study.name, diverged)
    create(channel, replay_spec(["studies/s/trials/1", "studies/s/trials/2"]), "again")
    train(channel, "studies/again", diverged)
    check_bit_equal(studies, "again")


def refused(studies: StudyServiceStub, *names: str) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    told = refusal(
        lambda: studies.CreateStudy(pb.CreateStudyRequest(study_id="again", spec=replay_spec(names)))
    )
    assert "again" not in [study.name for study in studies.ListStudies(pb.ListStudiesRequest()).studies]
    return told


def test_what_is_not_there_is_named(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    create(channel)
    code, reason, violations = refused(studies, "studies/absent/trials/1")
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "STUDY_NOT_FOUND")
    assert "absent" in violations["spec.replay.trials[0]"]
    Trainee(channel, "studies/s").take()
    code, reason, violations = refused(studies, "studies/s/trials/1", "studies/s/trials/9")
    assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "TRIAL_NOT_FOUND")
    assert violations == {"spec.replay.trials[1]": "study 's' has no trial 9"}
    code, reason, _ = refused(studies, "studies/again/trials/1")
    assert reason == "TRIAL_NOT_FOUND", "it cannot replay itself"


def test_only_completed_trials_are_replayed(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    create(channel)
    worker = Trainee(channel, "studies/s")
    worker.take(*[deterministic(worker.take())])
    code, reason, violations = refused(studies, "studies/s/trials/1", "studies/s/trials/2")
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert violations == {"spec.replay.trials[1]": "trial 2 is running, must be completed"}


@pytest.mark.parametrize(("bound", "least"), [("MAX_BYTES", 200), ("MAX_TRIALS", 3)])
def test_a_closure_has_a_bound(
    channel: grpc.Channel, studies: StudyServiceStub, monkeypatch: pytest.MonkeyPatch, bound: str, least: int
) -> None:
    trained(channel)
    monkeypatch.setattr(replays, bound, least)
    code, _, violations = refused(studies, *newest(studies, "s"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "1 MiB" in violations["spec.replay.trials"]


def test_a_replay_takes_no_budget(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    trained(channel)
    made = create(channel, replay_spec(["studies/s/trials/1"]), "again")
    change = study_pb2.Study(name=made.name, spec=study_pb2.StudySpec(budget=study_pb2.Budget(max_trials=1)))
    code, _, violations = refusal(lambda: studies.UpdateStudy(pb.UpdateStudyRequest(study=change)))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "replay" in violations["study.spec.budget"]
