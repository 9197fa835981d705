"""Sub-populations, crossover, the t-test, several objectives and the budget mode, through the service."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
import pytest
from tests.controller.test_decisions import evolving, told, train_in_some_order
from tests.controller.trainee import Trainee, by_learning_rate, completed, create, report
from tests.laws import check_study, is_fit, number_of, part_of

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController

PARTS = [
    study_pb2.SubPopulation(size=3, steps_per_trial=5),
    study_pb2.SubPopulation(size=2, steps_per_trial=10),
    study_pb2.SubPopulation(size=1, steps_per_trial=25),
]
KINDS: Mapping[str, study_pb2.PopulationBasedTraining] = {
    "t_test": study_pb2.PopulationBasedTraining(),
    "truncation": study_pb2.PopulationBasedTraining(crossover=study_pb2.Crossover(probability=0.5)),
    "initiator": study_pb2.PopulationBasedTraining(crossover=study_pb2.Crossover(probability=1.0)),
    "no_selection": study_pb2.PopulationBasedTraining(
        crossover=study_pb2.Crossover(probability=0.5), no_exploration=study_pb2.NoExploration()
    ),
    "binary_tournament": study_pb2.PopulationBasedTraining(sub_populations=PARTS, migration_interval=1),
}


def asked_for(selection: str, *, synchronous: bool = False) -> study_pb2.StudySpec:
    spec = evolving(selection, synchronous=synchronous)
    spec.population_based_training.MergeFrom(KINDS[selection])
    return spec


@pytest.fixture(scope="module")
def decided() -> dict[str, object]:
    """By selection: what one backend decided, for the other to agree with."""
    return {}


@pytest.mark.parametrize("selection", KINDS)
def test_the_same_seed_decides_the_same_on_every_backend(
    channel: grpc.Channel, selection: str, decided: dict[str, object]
) -> None:
    names = [create(channel, asked_for(selection), name).name for name in ("a", "b")]
    for name in names:
        Trainee(channel, name).train(by_learning_rate)
    first, second = (told(check_study(channel, name)) for name in names)
    assert first == second == decided.setdefault(selection, first)


@pytest.mark.parametrize("selection", KINDS)
def test_a_synchronous_result_does_not_depend_on_the_workers_or_their_timing(
    channel: grpc.Channel, selection: str
) -> None:
    results = []
    for workers in (1, 2, 7):
        name = create(channel, asked_for(selection, synchronous=True), f"with-{workers}").name
        train_in_some_order(channel, name, workers, random.Random(workers))
        results.append(told(check_study(channel, name)))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("selection", KINDS)
def test_an_asynchronous_study_keeps_the_laws_with_uneven_workers(
    channel: grpc.Channel, selection: str
) -> None:
    name = create(channel, asked_for(selection)).name
    train_in_some_order(channel, name, 4, random.Random(3))
    trials = check_study(channel, name)
    assert sum(trial.end_step == 50 for trial in trials) == 6


# Sub-populations.


def migrants(spec: study_pb2.StudySpec, trials: list[trial_pb2.Trial]) -> list[trial_pb2.Trial]:
    by_name = {trial.name: trial for trial in trials}
    return [
        trial
        for trial in trials
        if trial.parent and part_of(spec, by_name[trial.parent].member) != part_of(spec, trial.member)
    ]


def test_the_fittest_of_a_sub_population_come_to_the_next(channel: grpc.Channel) -> None:
    spec = evolving("truncation", sub_populations=PARTS, migration_interval=1)
    spec.budget.max_steps = 200
    study = create(channel, spec)
    Trainee(channel, study.name).train(lambda trial: trial.end_step + trial.seed % 1000 / 25)
    trials = check_study(channel, study.name)
    by_name = {trial.name: trial for trial in trials}
    arrived = migrants(spec, trials)
    assert {part_of(spec, trial.member) for trial in arrived} == {0, 1, 2}
    for trial in arrived:
        initiator, parent = by_name[trial.initiator], by_name[trial.parent]
        assert parent.measurement.metrics["score"] > initiator.measurement.metrics["score"]
        longer = parent.end_step - parent.start_step > initiator.end_step - initiator.start_step
        assert longer or trial.second_parent, "weights alone come from where sessions are shorter"


def test_without_an_interval_sub_populations_never_meet(channel: grpc.Channel) -> None:
    spec = evolving("truncation", sub_populations=PARTS)
    study = create(channel, spec)
    Trainee(channel, study.name).train(by_learning_rate)
    trials = check_study(channel, study.name)
    assert migrants(spec, trials) == []


def test_with_few_workers_no_sub_population_runs_ahead(channel: grpc.Channel) -> None:
    """A single worker trains the place that has come the fewest steps."""
    spec = evolving("no_selection", sub_populations=PARTS)
    trainee = Trainee(channel, create(channel, spec).name)
    reached = dict.fromkeys(range(6), 0)
    trial = trainee.take()
    for _ in range(30):
        assert trial.start_step == reached[trial.member] == min(reached.values())
        reached[trial.member] = trial.end_step
        trial = trainee.take(completed(trial, score=1.0))


# Crossover.


def test_a_child_of_two_has_hyperparameters_of_both_and_says_so(channel: grpc.Channel) -> None:
    spec = evolving("truncation", crossover=study_pb2.Crossover(probability=0.5), no_exploration={})
    study = create(channel, spec)
    Trainee(channel, study.name).train(by_learning_rate)
    trials = check_study(channel, study.name)
    by_name = {trial.name: trial for trial in trials}
    crossed = [trial for trial in trials if trial.second_parent]
    assert crossed
    for trial in crossed:
        assert by_name[trial.second_parent].member != by_name[trial.parent].member
        assert trial.parent != trial.initiator, "who goes on alone keeps its hyperparameters"
        assert trial.parameters["width"] == by_name[trial.parent].parameters["width"]


# Several objectives.


def two_objectives(selection: str) -> study_pb2.StudySpec:
    spec = evolving(selection, fitness=study_pb2.FITNESS_PARETO)
    spec.metrics[0].name = "accuracy"
    spec.metrics.add(name="size", goal=study_pb2.GOAL_MINIMIZE, weight=0.125)
    return spec


def train_with_two(channel: grpc.Channel, study: str, draws: random.Random) -> None:
    trainee = Trainee(channel, study)
    reports: list[trial_pb2.TrialReport] = []
    while trials := trainee.suggest(*reports).trials:
        # Few distinct values, so that some are equal and some metrics meet; now and then not finite.
        level = draws.randrange(8)
        accuracy = float("nan") if draws.random() < 0.1 else level / 8
        reports = [completed(trials[0], accuracy=accuracy, size=float(level + draws.randrange(4)))]


def listed(studies: StudyServiceStub, study: str, page_size: int) -> list[trial_pb2.Trial]:
    found: list[trial_pb2.Trial] = []
    token = ""
    while True:
        page = studies.ListBestTrials(
            pb.ListBestTrialsRequest(study=study, page_size=page_size, page_token=token)
        )
        found += page.trials
        token = page.next_page_token
        if not token:
            return found


def point(trial: trial_pb2.Trial) -> tuple[float, float]:
    return trial.measurement.metrics["accuracy"], -trial.measurement.metrics["size"]


def weighted(trial: trial_pb2.Trial) -> float:
    accuracy, size = point(trial)
    return accuracy + 0.125 * size


def undominated(trials: list[trial_pb2.Trial]) -> list[str]:
    fit = [trial for trial in trials if trial.state == trial_pb2.TRIAL_STATE_COMPLETED and is_fit(trial)]
    best = [
        trial
        for trial in fit
        if not any(
            point(other) != point(trial)
            and all(a >= b for a, b in zip(point(other), point(trial), strict=True))
            for other in fit
        )
    ]
    best.sort(key=lambda trial: (-weighted(trial), number_of(trial.name)))
    return [trial.name for trial in best]


@pytest.mark.parametrize("selection", ["truncation", "binary_tournament", "initiator", "no_selection"])
def test_the_best_trials_are_those_that_no_other_dominates(
    channel: grpc.Channel, studies: StudyServiceStub, selection: str
) -> None:
    name = create(channel, two_objectives(selection)).name
    train_with_two(channel, name, random.Random(selection))
    expected = undominated(check_study(channel, name))
    assert len(expected) > 1
    assert [trial.name for trial in listed(studies, name, 100)] == expected
    assert [trial.name for trial in listed(studies, name, 1)] == expected
    status = studies.GetStudyStatus(pb.GetStudyStatusRequest(name=name))
    assert status.best_trial.name == expected[0]


@contextmanager
def another_controller(database_url: str) -> Iterator[grpc.Channel]:
    with (
        EmbeddedController(database_url) as running,
        grpc.insecure_channel(running.address) as channel,
    ):
        yield channel


@pytest.mark.parametrize("kind", ["binary_tournament", "truncation", "t_test"])
def test_another_controller_on_the_same_database_decides_the_same(
    channel: grpc.Channel, database_url: str, kind: str
) -> None:
    names = [create(channel, asked_for(kind), name).name for name in ("a", "b")]
    Trainee(channel, names[0]).train(by_learning_rate)
    Trainee(channel, names[1], "w").train(by_learning_rate, most=17)
    with another_controller(database_url) as other:
        Trainee(other, names[1], "w").train(by_learning_rate)
        first, second = (told(check_study(other, name)) for name in names)
    assert first == second


# The budget mode of Li et al. 2019: more members than workers.


def test_in_budget_mode_all_members_are_trained_once_before_any_reproduces(channel: grpc.Channel) -> None:
    name = create(channel, evolving("initiator", start_after_members=6)).name
    one, other = Trainee(channel, name, "one"), Trainee(channel, name, "other")
    mine, its = one.take(), other.take()
    for _ in range(4):
        mine = one.take(completed(mine, score=by_learning_rate(mine)))
        assert mine.generation == 0
    answer = one.suggest(completed(mine, score=1.0))
    assert not answer.trials, "the sixth is still with the other worker"
    assert answer.HasField("retry_after")
    child = other.take(completed(its, score=2.0))
    assert (child.generation, child.member) == (1, 0)
    assert one.take().member == 2, "of those that wait, who has finished first: member 1 came last"


def test_in_budget_mode_a_member_that_failed_for_good_is_not_waited_for(channel: grpc.Channel) -> None:
    name = create(channel, evolving("truncation", start_after_members=6)).name
    trainee = Trainee(channel, name)
    trial = trainee.take()
    for _ in range(2):
        trial = trainee.take(report(trial, trial_pb2.OUTCOME_FAILED, failure_message="x"))
    trial = trainee.take(report(trial, trial_pb2.OUTCOME_FAILED, failure_message="x"))
    while trial.generation == 0:
        trial = trainee.take(completed(trial, score=by_learning_rate(trial)))
    assert (trial.member, trial.generation) == (0, 1)
    assert trial.parent, "it goes on from another"
    trainee.train(by_learning_rate)
