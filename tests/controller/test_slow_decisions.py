"""What takes too long for a transaction is computed between two, and stops nobody's report."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
from tests.controller.trainee import Trainee, by_learning_rate, completed, create, minimal_spec
from tests.laws import check_study

from progenitor.v1 import controller_service_pb2 as rpc_pb
from progenitor.v1 import study_pb2
from progenitor_controller import studies
from progenitor_controller.calls import StudyCall, SuggestionCall
from progenitor_controller.decisions import Decisions
from progenitor_controller.server import EmbeddedController
from progenitor_controller.suggest import Deciding, suggest
from progenitor_controller.wire.calls import suggestion_call
from progenitor_storage import Database

T = TypeVar("T")
STEPS = 60


def modelled(*, synchronous: bool = False) -> study_pb2.StudySpec:
    """Four members, six sessions each, every child explored by a Gaussian process."""
    population = study_pb2.PopulationBasedTraining(
        population_size=4,
        gaussian_process=study_pb2.GaussianProcessExploration(),
        exploration_scope=study_pb2.EXPLORATION_SCOPE_EVERY_CHILD,
        synchronous=synchronous,
    )
    return minimal_spec(population_based_training=population, budget=study_pb2.Budget(max_steps=STEPS))


def on(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def opened() -> T:
        database = await Database.open(url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def answered(url: str, call: SuggestionCall, **times: float) -> rpc_pb.GetNewSuggestionResponse:
    return on(url, lambda database: Decisions(**times).suggested(database, call))


def schedule(url: str, workers: int, *, synchronous: bool) -> dict[tuple[int, int], object]:
    """What each member was given in each generation, by so many workers that take turns."""
    with EmbeddedController(url) as controller, grpc.insecure_channel(controller.address) as channel:
        name = f"w{workers}"
        study = create(channel, modelled(synchronous=synchronous), name)
        trainees = [Trainee(channel, study.name, f"worker-{place}") for place in range(workers)]
        held: dict[int, list[rpc_pb.GetNewSuggestionResponse]] = {}
        waiting = [*enumerate(trainees)]
        while waiting:
            place, trainee = waiting.pop(0)
            done = [t for answer in held.pop(place, []) for t in answer.trials]
            answer = trainee.suggest(*(completed(t, score=by_learning_rate(t)) for t in done))
            held[place] = [answer]
            if answer.study_state == study_pb2.STUDY_STATE_ACTIVE:
                waiting.append((place, trainee))
        trials = check_study(channel, study.name)
    return {(t.member, t.generation): (t.seed, t.parameters["lr"].double_value) for t in trials}


def test_a_study_explored_by_a_model_keeps_every_law(channel: grpc.Channel) -> None:
    study = create(channel, modelled())
    assert Trainee(channel, study.name).train(by_learning_rate) == 4 * STEPS // 10
    check_study(channel, study.name)


def test_in_synchronous_mode_the_number_of_workers_changes_no_suggestion(new_database_url: str) -> None:
    assert schedule(new_database_url, 1, synchronous=True) == schedule(new_database_url, 3, synchronous=True)


def test_a_call_that_was_begun_when_its_controller_died_goes_on_at_another(
    database_url: str, channel: grpc.Channel
) -> None:
    study = create(channel, modelled())
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    while trial.generation == 0:
        trial = trainee.take(completed(trial, score=by_learning_rate(trial)))
    while True:
        request = trainee.request(completed(trial, score=by_learning_rate(trial)))
        call = suggestion_call(request)
        deciding = Deciding(call)
        begun = on(database_url, lambda database: database.transact(suggest, deciding))  # noqa: B023  called at once
        if deciding.thoughts.asked:
            break
        (trial,) = begun.trials
    assert not begun.trials
    reported = on(database_url, lambda database: database.read(studies.get, StudyCall("s")))
    answer = answered(database_url, call)
    (child,) = answer.trials
    assert child.initiator == trial.name or child.generation > 0
    after = on(database_url, lambda database: database.read(studies.get, StudyCall("s")))
    assert (after.trials, after.total_steps) == (reported.trials + 1, reported.total_steps), "nothing twice"
    assert trainee.stub.GetNewSuggestion(request) == answer, "the log has the whole answer now"
    trainee.train_on(child, by_learning_rate)
    check_study(channel, study.name)


def test_one_that_misses_its_deadline_leaves_a_message_and_its_place_goes_on_alone(
    database_url: str, channel: grpc.Channel
) -> None:
    study = create(channel, modelled())
    trainee = Trainee(channel, study.name)
    trials = [trainee.take()]
    messages = set()

    while trials[-1].generation < 3:
        call = suggestion_call(trainee.request(completed(trials[-1], score=by_learning_rate(trials[-1]))))
        answer = answered(database_url, call, deadline=0.0)
        trials += answer.trials
        messages.add(
            on(database_url, lambda database: database.read(studies.get, StudyCall("s"))).state_message
        )
    assert any("took longer than 0 s" in message for message in messages), messages
    alone = [trial for trial in trials if trial.generation > 1]
    assert all(trial.parent == trial.initiator for trial in alone)
