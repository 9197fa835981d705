"""Installed plug-ins through the real services: what they say counts, and nobody waits for them."""

import asyncio
import importlib
import threading
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import grpc
import pytest
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
from tests.laws import check_study
from tests.plug_ins import install

from progenitor.v1 import study_pb2 as pb
from progenitor.v1 import study_service_pb2 as rpc
from progenitor.v1 import trial_pb2
from progenitor.v1.controller_service_pb2_grpc import ControllerServiceStub
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.calls import StudyCall
from progenitor_controller.decisions import Decisions
from progenitor_controller.server import EmbeddedController
from progenitor_storage import Database, Transaction

MODULES = {
    "fittest": """
def select(question, options, stream):
    if set(options) - {"least"}:
        raise RuntimeError("these are not my options")
    options["mine"] = "which nobody else sees"
    everybody = [*question.opponents, *filter(None, [question.initiator])]
    assert all(candidate.metrics == {"score": candidate.fitness} for candidate in everybody)
    return max(everybody, key=lambda candidate: candidate.fitness)

def check(options):
    if options.get("least", 0) < 0:
        raise ValueError("least is below 0")
""",
    "halving": """
def explore(question, options, stream):
    assert question.end_step == question.start_step + 10
    assert len(question.observations) >= 1 and question.start_fitness is not None
    (parameter,) = question.parameters
    return {parameter.name: max(question.inherited[parameter.name] / 2, parameter.domain.min)}
""",
    "drawing": """
def select(question, options, stream):
    return stream.one_of([*question.opponents, None])

def explore(question, options, stream):
    return {"lr": 10.0 ** -(4 * stream.uniform())}
""",
    "ladder": """
def begin(question, options, stream):
    assert len(question.observations) == 3 * question.member, "the first ones have ended"
    return {"lr": 0.1 * (question.member + 1)}

def goes_on(question, options, stream):
    assert [session.generation for session in question.sessions] == list(range(len(question.sessions)))
    return len(question.sessions) < options["sessions"]
""",
    "outside": """
def select(question, options, stream):
    return 1

def explore(question, options, stream):
    return {"lr": 2.0}

def begin(question, options, stream):
    return {"lr": float("nan")}

def should_stop(question, options):
    return None
""",
    "raising": """
class Odd(Exception):
    def __repr__(self):
        raise ValueError("even this")

def select(question, options, stream):
    raise Odd

explore = begin = goes_on = select

def should_stop(question, options):
    raise Odd
""",
    "leaving": """
import sys

def select(question, options, stream):
    sys.exit("so there")

def should_stop(question, options):
    sys.exit("so there")
""",
    "hanging": """
import threading

asked = []
released = threading.Event()

def select(question, options, stream):
    asked.append(question)
    released.wait()

explore = begin = goes_on = select

def should_stop(question, options):
    asked.append(question)
    released.wait()
    return True
""",
    "waiting": """
import threading

asked = threading.Event()
released = threading.Event()

def should_stop(question, options):
    asked.set()
    return not released.wait()
""",
    "floor": """
def should_stop(question, options):
    assert question.own[-1].step <= question.final_step
    return question.own[-1].fitness is None or question.own[-1].fitness < options["least"]
""",
    "empty": "",
    "broken": "import no_such_module_of_anybody",
}
IMPATIENT = {"deadline": 0.2, "patience": 10.0, "heartbeat_deadline": 0.2}


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.syspath_prepend(install(tmp_path_factory.mktemp("installed"), MODULES))
        yield
        importlib.import_module("hanging").released.set()


@pytest.fixture
def impatient(database_url: str) -> Iterator[grpc.Channel]:
    with (
        EmbeddedController(database_url, decisions=Decisions(**IMPATIENT)) as running,
        grpc.insecure_channel(running.address) as opened,
    ):
        yield opened


def evolution(**choices: str) -> pb.StudySpec:
    """Four members, five sessions each, every child explored; `choices` are plug-ins by their fields."""
    population = pb.PopulationBasedTraining(
        population_size=4,
        exploration_scope=pb.EXPLORATION_SCOPE_EVERY_CHILD,
        **{field: pb.CustomAlgorithm(algorithm=name) for field, name in choices.items()},  # type: ignore[arg-type]  # names of fields
    )
    return minimal_spec(population_based_training=population, budget=pb.Budget(max_steps=50))


def searching(name: str, configurations: int = 3, **options: float) -> pb.StudySpec:
    spec = minimal_spec(custom=pb.CustomAlgorithm(algorithm=name, configurations=configurations))
    spec.custom.options.update(options)
    return spec


def stopping(name: str, **options: float) -> pb.StudySpec:
    spec = minimal_spec()
    spec.custom_stopping.algorithm = name
    spec.custom_stopping.options.update(options)
    return spec


PLACES: dict[str, tuple[Callable[[str], pb.StudySpec], str]] = {
    "selection": (
        lambda name: evolution(custom_selection=name),
        "population_based_training.custom_selection",
    ),
    "exploration": (
        lambda name: evolution(custom_exploration=name),
        "population_based_training.custom_exploration",
    ),
    "algorithm": (searching, "custom"),
    "stopping": (stopping, "custom_stopping"),
}
kinds = pytest.mark.parametrize("kind", PLACES)


def violations_of(call: Callable[[], object]) -> dict[str, str]:
    _, reason, violations = refusal(call)
    assert reason == "INVALID_REQUEST"
    return violations


def message_of(channel: grpc.Channel, study: str) -> str:
    found = StudyServiceStub(channel).GetStudy(rpc.GetStudyRequest(name=study)).study
    return found.state_message


def measured(trainee: Trainee, trial: trial_pb2.Trial, score: float) -> bool:
    """Whether the trial is asked to stop when it says so."""
    answer = trainee.heartbeat(
        report(
            trial, step=trial.start_step + 5, measurements=[measurement(trial.start_step + 5, score=score)]
        )
    )
    assert not answer.lost_trials
    assert answer.lease_remaining.ToMilliseconds() > 0
    return trial.name in answer.trials


def messages_of_training(channel: grpc.Channel, spec: pb.StudySpec) -> set[str]:
    """Trains all of the study, and gives what stood on it at any time before its end: the last of it stays."""
    study = create(channel, spec)
    trainee = Trainee(channel, study.name)
    messages = set()
    reports: list[trial_pb2.TrialReport] = []
    while trials := trainee.suggest(*reports).trials:
        messages.add(message_of(channel, study.name))
        measured(trainee, trials[0], by_learning_rate(trials[0]))
        messages.add(message_of(channel, study.name))
        reports = [completed(trials[0], score=by_learning_rate(trials[0]))]
    check_study(channel, study.name)
    at_end = message_of(channel, study.name)
    before_that = at_end.partition("; before that: ")[2]
    assert before_that in messages
    assert bool(before_that) == bool(messages - {""})
    return messages


# Creating a study


@kinds
def test_an_unknown_name_is_refused_and_those_that_are_installed_are_named(
    channel: grpc.Channel, kind: str
) -> None:
    make, field = PLACES[kind]
    found = violations_of(lambda: create(channel, make("nobodys")))
    assert set(found) == {f"spec.{field}.algorithm"}
    told = found[f"spec.{field}.algorithm"]
    assert f"no {kind} 'nobodys' is installed here; installed: " in told
    assert "outside" in told


@kinds
def test_one_that_cannot_be_loaded_or_is_of_another_kind_is_refused(channel: grpc.Channel, kind: str) -> None:
    make, field = PLACES[kind]
    assert (
        "no_such_module" in violations_of(lambda: create(channel, make("broken")))[f"spec.{field}.algorithm"]
    )
    assert (
        "has no function" in violations_of(lambda: create(channel, make("empty")))[f"spec.{field}.algorithm"]
    )


def test_options_that_it_refuses_are_a_violation_beside_others(channel: grpc.Channel) -> None:
    spec = evolution(custom_selection="fittest")
    spec.population_based_training.custom_selection.options.update({"least": -1})
    spec.steps_per_trial = 0
    found = violations_of(lambda: create(channel, spec))
    assert set(found) == {"spec.population_based_training.custom_selection.options", "spec.steps_per_trial"}
    assert "least is below 0" in found["spec.population_based_training.custom_selection.options"]


def test_one_that_is_installed_later_is_found(channel: grpc.Channel, backend: str, tmp_path: Path) -> None:
    name = f"later_on_{backend}"
    with pytest.MonkeyPatch.context() as environment:
        environment.syspath_prepend(tmp_path)
        spec = evolution(custom_selection=name)
        assert violations_of(lambda: create(channel, spec))
        install(tmp_path, {name: MODULES["fittest"]})
        assert create(channel, spec).name


# What they say counts


def test_a_selection_picks_the_parents(channel: grpc.Channel) -> None:
    study = create(channel, evolution(custom_selection="fittest"))
    Trainee(channel, study.name).train(lambda trial: 100.0 - trial.member + trial.end_step)
    children = [trial for trial in check_study(channel, study.name) if trial.generation]
    assert message_of(channel, study.name) == "every lineage has ended (max_steps 50)"
    firsts = {f"{study.name}/trials/{1 + 4 * generation}" for generation in range(5)}
    assert {trial.parent for trial in children if trial.member} <= firsts
    assert all(trial.opponent == trial.parent for trial in children if trial.member)


def test_an_exploration_changes_what_is_inherited(channel: grpc.Channel) -> None:
    study = create(channel, evolution(custom_exploration="halving"))
    Trainee(channel, study.name).train(by_learning_rate)
    trials = {trial.name: trial for trial in check_study(channel, study.name)}
    for trial in trials.values():
        if trial.generation:
            inherited = trials[trial.parent].parameters["lr"].double_value
            assert trial.parameters["lr"].double_value == max(inherited / 2, 1e-4)


def test_two_controllers_decide_as_one(database_url: str) -> None:
    spec = evolution(custom_selection="drawing", custom_exploration="drawing")
    with (
        EmbeddedController(database_url) as one,
        EmbeddedController(database_url) as other,
        grpc.insecure_channel(one.address) as channel,
        grpc.insecure_channel(other.address) as second,
    ):
        schedules = []
        for study, channels in (("alone", [channel]), ("taking-turns", [channel, second])):
            trainee = Trainee(channel, create(channel, spec, study).name)
            stubs = cycle([ControllerServiceStub(each) for each in channels])
            reports: list[trial_pb2.TrialReport] = []
            while trials := trainee.suggest(*reports).trials:
                reports = [completed(trials[0], score=by_learning_rate(trials[0]))]
                trainee.stub = next(stubs)
            schedules.append(
                [
                    (t.member, t.generation, t.parent.rpartition("/")[2], t.parameters["lr"].double_value)
                    for t in check_study(channel, f"studies/{study}")
                ]
            )
    assert schedules[0] == schedules[1]


def test_a_whole_algorithm_begins_configurations_and_ends_them(channel: grpc.Channel) -> None:
    spec = searching("ladder", sessions=3)
    spec.budget.CopyFrom(pb.Budget(max_trials=100))
    study = create(channel, spec)
    assert Trainee(channel, study.name).train(by_learning_rate) == 3 * 3
    trials = check_study_that_ends_itself(channel, study.name)
    assert {(t.member, t.parameters["lr"].double_value) for t in trials} == {
        (member, 0.1 * (member + 1)) for member in range(3)
    }
    found = StudyServiceStub(channel).GetStudy(rpc.GetStudyRequest(name=study.name)).study
    assert found.state == pb.STUDY_STATE_COMPLETED
    assert found.state_message == "every configuration has ended"


def check_study_that_ends_itself(channel: grpc.Channel, study: str) -> list[trial_pb2.Trial]:
    trials = StudyServiceStub(channel).ListTrials(rpc.ListTrialsRequest(study=study)).trials
    assert all(trial.state == trial_pb2.TRIAL_STATE_COMPLETED for trial in trials)
    return list(trials)


def test_what_the_initial_population_gives_stays(channel: grpc.Channel) -> None:
    spec = searching("outside", configurations=1)
    value = pb.InitialMember()
    value.parameters["lr"].double_value = 0.5
    spec.initial_population.append(value)
    trainee = Trainee(channel, create(channel, spec).name)
    assert trainee.take().parameters["lr"].double_value == 0.5
    assert message_of(channel, trainee.study) == ""


def test_a_stopping_rule_stops_whom_it_says(channel: grpc.Channel) -> None:
    trainee = Trainee(channel, create(channel, stopping("floor", least=1.0)).name)
    first, second = trainee.suggest(k=2).trials
    answer = trainee.heartbeat(
        report(first, step=5, measurements=[measurement(5, score=0.5)]),
        report(second, step=5, measurements=[measurement(5, score=1.5)]),
    )
    assert list(answer.trials) == [first.name]
    assert not answer.lost_trials
    after = trainee.heartbeat(report(first, step=6), report(second, step=6))
    assert list(after.trials) == [first.name], "until it has ended"
    trainee.suggest(report(first, trial_pb2.OUTCOME_STOPPED, step=6), completed(second, score=1.5), k=0)
    assert message_of(channel, trainee.study) == ""


def test_a_stopping_rule_is_asked_between_the_sessions_of_a_search_too(channel: grpc.Channel) -> None:
    spec = stopping("floor", least=1.0)
    spec.random_search.configurations = 2
    trainee = Trainee(channel, create(channel, spec).name)
    sessions = []
    for score in (0.5, 1.5, 1.5):
        trial = trainee.suggest(k=1).trials[0]
        sessions.append((trial.member, trial.generation))
        trainee.suggest(completed(trial, score=score), k=0)
    assert sessions == [(0, 0), (1, 0), (1, 1)]
    assert message_of(channel, trainee.study) == "every configuration has ended (max_steps 20)"


# Nobody waits for them


@kinds
@pytest.mark.parametrize("name", ["raising", "outside", "hanging"])
def test_one_that_fails_leaves_a_message_and_the_study_is_trained_to_its_end(
    impatient: grpc.Channel, kind: str, name: str
) -> None:
    messages = " ".join(messages_of_training(impatient, PLACES[kind][0](name)))
    told = {"raising": "raised Odd", "outside": "must be", "hanging": "took longer than 0.2 s"}[name]
    assert told in messages
    assert {
        "selection": "its place went on alone",
        "exploration": "its place went on alone",
        "algorithm": "its hyperparameters were sampled",
        "stopping": "which goes on",
    }[kind] in messages


@pytest.mark.parametrize("kind", ["selection", "stopping"])
def test_one_that_leaves_ends_no_controller(impatient: grpc.Channel, kind: str) -> None:
    assert "SystemExit" in " ".join(messages_of_training(impatient, PLACES[kind][0]("leaving")))


def test_one_that_hangs_is_soon_asked_no_more(impatient: grpc.Channel) -> None:
    hanging = importlib.import_module("hanging")
    before = len(hanging.asked)
    messages = messages_of_training(
        impatient, evolution(custom_selection="hanging", custom_exploration="hanging")
    )
    assert len(hanging.asked) - before == 4
    assert any("have not come back" in message for message in messages)


def test_while_a_rule_hangs_others_are_answered(database_url: str) -> None:
    waiting = importlib.import_module("waiting")
    waiting.asked.clear()
    waiting.released.clear()
    patient = Decisions(heartbeat_deadline=60.0)
    with (
        EmbeddedController(database_url, decisions=patient) as running,
        grpc.insecure_channel(running.address) as channel,
    ):
        trainee = Trainee(channel, create(channel, stopping("waiting")).name)
        trial = trainee.take()
        heart = threading.Thread(target=measured, args=(trainee, trial, 1.0))
        heart.start()
        assert waiting.asked.wait(10.0)
        other = Trainee(channel, trainee.study, "worker-1")
        assert not other.heartbeat(report(other.take(), step=3)).trials
        stored = StudyServiceStub(channel).ListMeasurements(rpc.ListMeasurementsRequest(trial=trial.name))
        assert [each.step for each in stored.measurements] == [5], "before the rule was asked"
        assert heart.is_alive()
        waiting.released.set()
        heart.join()
        assert trainee.suggest(completed(trial, score=1.0)).trials


def test_a_rule_judges_only_what_its_worker_still_holds(impatient: grpc.Channel, database_url: str) -> None:
    trainee = Trainee(impatient, create(impatient, stopping("floor", least=1.0)).name)
    trial = trainee.take()
    successor = Trainee(impatient, trainee.study, "worker-0")
    (again,) = successor.suggest().trials
    assert again.name == trial.name
    with pytest.raises(grpc.RpcError) as raised:
        measured(trainee, trial, 0.0)
    assert raised.value.code() is grpc.StatusCode.ABORTED
    assert not measured(successor, again, 2.0)


# A controller that lacks them


def lacking(field: str, name: str) -> Callable[[Transaction, StudyCall], None]:
    """As if the study had been created at a controller that has more plug-ins."""

    def change(tx: Transaction, call: StudyCall) -> None:
        study = tx.studies.locked(call.study)
        spec = pb.StudySpec.FromString(study.effective_spec)
        holder = spec.population_based_training if field.startswith("population") else spec
        getattr(holder, field.rpartition(".")[2]).algorithm = name
        tx.studies.change(study, effective_spec=spec.SerializeToString())

    return change


@kinds
def test_a_controller_that_lacks_it_says_so_and_the_study_goes_on(
    channel: grpc.Channel, database_url: str, kind: str
) -> None:
    make, field = PLACES[kind]
    trainee = Trainee(channel, create(channel, make("mine")).name)

    async def moved() -> None:
        database = await Database.open(database_url)
        await database.transact(lacking(field, "elsewhere"), StudyCall("s"))
        await database.close()

    asyncio.run(moved())
    messages = set()
    reports: list[trial_pb2.TrialReport] = []
    while trials := trainee.suggest(*reports).trials:
        measured(trainee, trials[0], 1.0)
        messages.add(message_of(channel, trainee.study))
        reports = [completed(trials[0], score=by_learning_rate(trials[0]))]
    check_study(channel, trainee.study)
    assert any(f"no {kind} 'elsewhere' is installed here" in message for message in messages), messages
