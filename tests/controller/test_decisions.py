"""Decisions through the service: reproducible, and independent of workers and timing."""

import asyncio
import random
from dataclasses import replace

import grpc
import pytest
from tests.controller.trainee import (
    Trainee,
    by_learning_rate,
    completed,
    create,
    minimal_spec,
)
from tests.laws import check_study

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.calls import StudyCall
from progenitor_storage import Database, Transaction

NONE_NAMED = "none named"
"""The default: truncation that spares, and a control."""
SELECTIONS = [NONE_NAMED, "initiator", "truncation", "binary_tournament", "no_selection"]


def evolving(
    selection: str, *, synchronous: bool = False, size: int = 6, **population: object
) -> study_pb2.StudySpec:
    algorithm = study_pb2.PopulationBasedTraining(
        population_size=size,
        synchronous=synchronous,
        **population,  # type: ignore[arg-type]  # fields by name
    )
    if selection == NONE_NAMED:
        algorithm.control_members = 1  # as a population of eight has
    else:
        getattr(algorithm, selection).SetInParent()
    spec = minimal_spec(population_based_training=algorithm)
    spec.budget.max_steps = 50
    spec.parameters.add(name="width", integer_domain=study_pb2.IntegerDomain(min=1, max=64), immutable=True)
    spec.parameters.add(name="act", categorical_domain=study_pb2.CategoricalDomain(values=["relu", "tanh"]))
    spec.parameters.add(name="drop", discrete_domain=study_pb2.DiscreteDomain(values=[0.0, 0.1, 0.5]))
    return spec


def told(trials: list[trial_pb2.Trial]) -> dict[tuple[int, int], tuple[object, ...]]:
    """What was decided, by place and generation, without the numbers that the order of finishing gives."""
    place = {trial.name: (trial.member, trial.generation) for trial in trials}
    return {
        (t.member, t.generation): (
            {name: str(value) for name, value in t.parameters.items()},
            t.seed,
            place.get(t.parent),
            place.get(t.opponent),
            t.start_step,
            t.end_step,
        )
        for t in trials
    }


def train_in_some_order(channel: grpc.Channel, study: str, workers: int, order: random.Random) -> None:
    """`workers` take and finish trials in an order that `order` draws."""
    trainees = [Trainee(channel, study, f"w{i}") for i in range(workers)]
    holding: dict[int, trial_pb2.Trial] = {}
    while True:
        place = order.randrange(workers)
        trial = holding.pop(place, None)
        reports = [] if trial is None else [completed(trial, score=by_learning_rate(trial))]
        answer = trainees[place].suggest(*reports)
        if answer.trials:
            holding[place] = answer.trials[0]
        elif not holding and not answer.HasField("retry_after"):
            return


@pytest.fixture(scope="module")
def decided() -> dict[str, dict[tuple[int, int], tuple[object, ...]]]:
    """By selection: what one backend decided, for the other to agree with."""
    return {}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_the_same_seed_decides_the_same_on_every_backend(
    channel: grpc.Channel, selection: str, decided: dict[str, dict[tuple[int, int], tuple[object, ...]]]
) -> None:
    names = [create(channel, evolving(selection), name).name for name in ("a", "b")]
    for name in names:
        Trainee(channel, name).train(by_learning_rate)
    first, second = (told(check_study(channel, name)) for name in names)
    assert first == second == decided.setdefault(selection, first)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_synchronous_result_does_not_depend_on_the_workers_or_their_timing(
    channel: grpc.Channel, selection: str
) -> None:
    results = []
    for workers in (1, 2, 5):
        name = create(channel, evolving(selection, synchronous=True), f"with-{workers}").name
        train_in_some_order(channel, name, workers, random.Random(workers))
        results.append(told(check_study(channel, name)))
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("selection", SELECTIONS)
def test_an_asynchronous_study_keeps_the_laws_with_uneven_workers(
    channel: grpc.Channel, selection: str
) -> None:
    name = create(channel, evolving(selection)).name
    train_in_some_order(channel, name, 4, random.Random(3))
    trials = check_study(channel, name)
    assert sum(trial.end_step == 50 for trial in trials) == 6


def test_reproduction_waits_for_the_members_that_it_is_told_to_wait_for(channel: grpc.Channel) -> None:
    name = create(channel, evolving("initiator", start_after_members=6)).name
    trainees = [Trainee(channel, name, f"w{i}") for i in range(6)]
    trials = [trainee.take() for trainee in trainees]
    for trainee, trial in zip(trainees[:5], trials[:5], strict=True):
        answer = trainee.suggest(completed(trial, score=1.0))
        assert not answer.trials
        assert answer.HasField("retry_after")
    child = trainees[5].take(completed(trials[5], score=2.0))
    assert (child.member, child.generation) == (0, 1)


def test_given_members_start_from_what_was_given(channel: grpc.Channel) -> None:
    spec = minimal_spec()
    spec.budget.max_steps = 40
    spec.initial_population.add(
        parameters={"lr": study_pb2.ParameterValue(double_value=0.5)},
        warm_start_uri="elsewhere/7",
        start_step=15,
    )
    spec.initial_population.add(parameters={"lr": study_pb2.ParameterValue(double_value=0.25)})
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    trials = trainee.suggest(k=4).trials
    assert [t.parameters["lr"].double_value for t in trials[:2]] == [0.5, 0.25]
    assert (trials[0].warm_start.uri, trials[0].warm_start.step) == ("elsewhere/7", 15)
    assert [(t.start_step, t.end_step) for t in trials[:2]] == [(15, 25), (0, 10)]
    trainee.train(by_learning_rate)
    trainee.suggest(k=0)
    reborn = Trainee(channel, study.name)
    reborn.train(by_learning_rate)
    check_study(channel, study.name)


def test_random_search_trains_each_configuration_to_its_end(channel: grpc.Channel) -> None:
    spec = minimal_spec(random_search=study_pb2.RandomSearch(configurations=5))
    study = create(channel, spec)
    Trainee(channel, study.name).train(by_learning_rate)
    trials = check_study(channel, study.name)
    assert len(trials) == 10
    by_member = {(t.member, t.generation): t for t in trials}
    for member in range(5):
        first, second = by_member[member, 0], by_member[member, 1]
        assert (second.parent, second.parameters) == (first.name, first.parameters)


def test_fitness_weighs_the_metrics(channel: grpc.Channel, studies: StudyServiceStub) -> None:
    spec = minimal_spec()
    spec.metrics.add(name="loss", goal=study_pb2.GOAL_MINIMIZE, weight=10.0)
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    first, second = trainee.suggest(k=2).trials
    trainee.suggest(completed(first, score=5.0, loss=1.0), completed(second, score=1.0, loss=0.1), k=0)
    best = studies.ListBestTrials(pb.ListBestTrialsRequest(study=study.name)).trials
    assert [t.name for t in best] == [second.name, first.name]


def spoil(tx: Transaction, call: StudyCall) -> None:
    """As a restore from a damaged backup would: the trial has lost a hyperparameter that mutation needs."""
    study = tx.studies.locked(call.study)
    trial = tx.trials.get(study, 1)
    tx.trials.save(study, trial, replace(trial, parameters={}))


def test_a_decision_that_raises_leaves_a_message_and_stops_nobodys_report(
    channel: grpc.Channel, studies: StudyServiceStub, database_url: str
) -> None:
    spec = evolving("no_selection", size=1)
    spec.population_based_training.exploration_scope = study_pb2.EXPLORATION_SCOPE_EVERY_CHILD
    name = create(channel, spec).name
    trainee = Trainee(channel, name)
    first = trainee.take()

    async def spoil_it() -> None:
        database = await Database.open(database_url)
        await database.transact(spoil, StudyCall("s"))
        await database.close()

    asyncio.run(spoil_it())
    child = trainee.take(completed(first, score=1.0))
    assert (child.parent, child.generation, child.warm_start.step) == (first.name, 1, 10)
    message = studies.GetStudy(pb.GetStudyRequest(name=name)).study.state_message
    assert "trial 1 raised KeyError" in message
