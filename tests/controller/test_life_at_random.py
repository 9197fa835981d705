"""Whatever workers do, in whatever order: the laws of a trial's life hold (stateful, by hypothesis)."""

import itertools
from collections.abc import Iterator

import grpc
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
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
from tests.laws import FINAL, check_study, every_trial

from progenitor.v1 import controller_service_pb2, trial_pb2
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.server import EmbeddedController

NAMES = ("a", "b", "c")
numbers = itertools.count(1)


class Workers(RuleBasedStateMachine):
    """Three workers and one study of three members; each rule is something that may happen to a worker."""

    channel: grpc.Channel

    def __init__(self) -> None:
        super().__init__()
        spec = minimal_spec(max_failures_per_trial=2)
        spec.population_based_training.population_size = 3
        self.study = create(self.channel, spec, f"s{next(numbers)}").name
        self.studies = StudyServiceStub(self.channel)
        self.workers = {name: Trainee(self.channel, self.study, name) for name in NAMES}
        self.held: dict[str, dict[str, trial_pb2.Trial]] = {name: {} for name in NAMES}
        self.last: dict[str, tuple[controller_service_pb2.GetNewSuggestionRequest, object]] = {}
        self.final: dict[str, trial_pb2.Trial] = {}

    def call(self, name: str, *reports: trial_pb2.TrialReport, k: int = 0) -> None:
        """One GetNewSuggestion that names all that `name` holds; the rest is given by `reports`."""
        told = {r.trial for r in reports}
        still = [report(trial) for trial in self.held[name].values() if trial.name not in told]
        request = self.workers[name].request(*reports, *still, k=k)
        answer = self.workers[name].stub.GetNewSuggestion(request)
        self.last[name] = (request, answer)
        for r in reports:
            if r.outcome:
                self.held[name].pop(r.trial, None)
        for lost in answer.lost_trials:
            self.held[name].pop(lost, None)
        for trial in answer.trials:
            assert all(trial.name not in others for others in self.held.values()), "a trial has one holder"
            self.held[name][trial.name] = trial

    def some_trial(self, name: str) -> trial_pb2.Trial:
        return next(iter(self.held[name].values()))

    @rule(name=st.sampled_from(NAMES), k=st.integers(0, 3))
    def asks(self, name: str, k: int) -> None:
        self.call(name, k=k)

    @rule(name=st.sampled_from(NAMES), score=st.floats(allow_nan=True), k=st.integers(0, 1))
    def completes(self, name: str, score: float, k: int) -> None:
        if self.held[name]:
            self.call(name, completed(self.some_trial(name), score=score), k=k)

    @rule(name=st.sampled_from(NAMES))
    def fails(self, name: str) -> None:
        if self.held[name]:
            trial = self.some_trial(name)
            self.call(name, report(trial, trial_pb2.OUTCOME_FAILED, failure_message="raised"))

    @rule(name=st.sampled_from(NAMES))
    def gives_back(self, name: str) -> None:
        if self.held[name]:
            self.call(name, report(self.some_trial(name), trial_pb2.OUTCOME_RELEASED))

    @rule(name=st.sampled_from(NAMES), ahead=st.integers(0, 10), saves=st.booleans())
    def heartbeats(self, name: str, ahead: int, saves: bool) -> None:  # noqa: FBT001  drawn by hypothesis
        for trial in self.held[name].values():
            step = trial.start_step + ahead
            saved = [checkpoint(trial, step)] if saves else []
            values = [measurement(step, score=float(step))]
            answer = self.workers[name].heartbeat(
                report(trial, step=step, checkpoints=saved, measurements=values if ahead < 10 else [])
            )
            assert not answer.lost_trials

    @rule(name=st.sampled_from(NAMES))
    def dies_and_comes_back(self, name: str) -> None:
        before = self.held[name]
        self.held[name] = {}
        self.last.pop(name, None)
        self.workers[name] = Trainee(self.channel, self.study, name)
        self.call(name, k=len(before))
        assert set(before) - set(self.held[name]) <= set(self.ended()), "it goes on with what it held"

    @precondition(lambda self: self.last)
    @rule(data=st.data())
    def sends_its_last_call_again(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.last)))
        request, answer = self.last[name]
        assert self.workers[name].stub.GetNewSuggestion(request) == answer

    def ended(self) -> list[str]:
        return [trial.name for trial in every_trial(self.studies, self.study) if trial.state in FINAL]

    @invariant()
    def final_trials_never_change_and_numbers_have_no_gaps(self) -> None:
        trials = every_trial(self.studies, self.study)
        assert [t.name for t in trials] == [f"{self.study}/trials/{i}" for i in range(1, len(trials) + 1)]
        for trial in trials:
            if trial.name in self.final:
                assert trial == self.final[trial.name]
            elif trial.state in FINAL:
                self.final[trial.name] = trial
        holders = {t.name: t.lease.worker for t in trials if t.lease.worker}
        assert holders == {trial: name for name, held in self.held.items() for trial in held}

    def teardown(self) -> None:
        """One more worker finishes what the others leave."""
        for name in NAMES:
            self.held[name] = {}
            self.workers[name] = Trainee(self.channel, self.study, name)
            self.call(name)
        Trainee(self.channel, self.study, "last").train(by_learning_rate, most=500)
        check_study(self.channel, self.study)


@pytest.fixture
def machine(controller: EmbeddedController) -> Iterator[type[Workers]]:
    with grpc.insecure_channel(controller.address) as channel:
        yield type("WorkersOnThisController", (Workers,), {"channel": channel})


def test_the_laws_hold_whatever_workers_do(machine: type[Workers]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
