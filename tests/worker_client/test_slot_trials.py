"""What a worker tells of its trials: real training processes, and a scripted other side of the wire."""

import os
import re
import signal
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest
from tests.system.processes import free_port
from tests.waiting import until
from tests.worker_client.other_side import STUDY, OtherSide, serving, stops, takes_away, trial
from tests.worker_client.other_side import Heartbeat as Answer

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker.controller import Controller
from progenitor_worker.events import ControllerLost, Event, SlotEnded, TrialEnded, TrialStarted
from progenitor_worker.heartbeat import Heartbeat
from progenitor_worker.held_trial import HeldTrial
from progenitor_worker.pool import WorkerOptions, WorkerPool
from progenitor_worker.process import Program

HEAD = """
import os, sys, time
from pathlib import Path
from progenitor import Double, Maximize, Session, Study
study = Study(metrics=[Maximize("score")], population_size=1, steps_per_trial=4, max_steps=8,
              parameters={"lr": Double(0.0, 1.0)})
"""
GOOD = """
def train(session, lr):
    for step in session.steps():
        session.report(score=lr * step)
    with session.checkpoint() as folder:
        (folder / "w").write_text(str(session.step))
"""
ENDLESS = """
def train(session, lr):
    for step in session.steps():
        time.sleep(0.001)
    with session.checkpoint() as folder:
        (folder / "w").write_text(str(session.step))
"""
COMPLETED = trial_pb2.OUTCOME_COMPLETED
FAILED = trial_pb2.OUTCOME_FAILED
RELEASED = trial_pb2.OUTCOME_RELEASED
STOPPED = trial_pb2.OUTCOME_STOPPED


class Worker:
    """One slot that trains `body`."""

    def __init__(
        self, folder: Path, body: str, address: str, *, grace: float = 30.0, command: str = ""
    ) -> None:
        source = folder / "user.py"
        source.write_text(HEAD + textwrap.dedent(body))
        self.told: list[Event] = []
        self.folder = folder
        options = WorkerOptions(
            program=Program(source, command),
            study=STUDY,
            spec=study_pb2.StudySpec(metrics=[study_pb2.MetricSpec(name="score")]),
            controllers=(address,),
            store=folder / "store",
            logs=folder / "logs",
            state=folder / "state",
            slots=1,
            grace=grace,
        )
        self.pool = WorkerPool(options, self.told.append)
        self.pool.start()

    def end(self) -> SlotEnded:
        until(lambda: self.pool.running == 0, 60)
        (ended,) = self.pool.ended
        return ended

    def started(self) -> None:
        """Waits until user code runs."""
        until(lambda: any(isinstance(event, TrialStarted) for event in self.told), 60)
        until((self.folder / "logs" / "uid" / "1.log").exists, 60)

    @property
    def outcomes(self) -> list[trial_pb2.Outcome.ValueType]:
        return [event.outcome for event in self.told if isinstance(event, TrialEnded)]


Work = Callable[..., Worker]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    with ExitStack() as stack:

        def start(other: OtherSide, body: str = GOOD, **options: object) -> Worker:
            address = stack.enter_context(serving(other))
            worker = Worker(tmp_path, body, address, **options)  # type: ignore[arg-type]  # its keywords
            stack.callback(worker.end)
            stack.callback(worker.pool.quit)
            return worker

        yield start


def test_trial_after_trial_is_completed_and_the_next_asked_for_in_the_same_call(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    worker = work(other)
    assert worker.end().error == ""
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2
    assert [(len(request.trials), request.k) for request in other.heard] == [(0, 1), (1, 1), (1, 1)]
    assert [request.sequence for request in other.heard] == [1, 2, 3]
    for report in other.reports:
        assert (report.step, report.epoch) == (4, 1)
        assert [checkpoint.step for checkpoint in report.checkpoints] == [4]
        assert report.timing.train.ToNanoseconds() > 0
    assert [m.step for m in other.measured] == [1, 2, 3, 4] * 2


WAITING = """
def train(session, lr):
    session.report(score=1.0)
    while not Path(__file__).with_name("go").exists():
        time.sleep(0.005)
    session.advance(4)
    session.report(score=2.0)
    with session.checkpoint() as folder:
        (folder / "w").write_text("x")
"""


def test_hyperparameters_come_by_name_whatever_their_order_on_the_wire(work: Work) -> None:
    handed = trial()
    for name in "hgfedcba":
        handed.parameters[name].double_value = 1.0
    body = """
    def train(session, **parameters):
        assert list(parameters) == [*"abcdefgh", "lr"] == list(session.parameters)
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    other = OtherSide([handed])
    assert work(other, body).end().error == ""
    assert [report.failure_message for report in other.reports] == [""]


def test_what_was_measured_during_training_is_told_before_its_end_and_once(work: Work) -> None:
    other = OtherSide([trial(1)])
    worker = work(other, WAITING)
    until(lambda: other.beats, 60)
    (worker.folder / "go").touch()
    worker.end()
    assert [(m.step, m.metrics["score"]) for m in other.measured] == [(0, 1.0), (4, 2.0)]


def test_a_checkpoint_is_told_while_training_goes_on(work: Work) -> None:
    other = OtherSide([trial(1)])
    body = """
    def train(session, lr):
        for step in session.steps():
            with session.checkpoint() as folder:
                (folder / "w").write_text("x")
            while step == 2 and not Path(__file__).with_name("go").exists():
                time.sleep(0.005)
        session.report(score=1.0)
    """
    worker = work(other, body)
    until(lambda: [c.step for r in other.beats for c in r.trials[0].checkpoints][-1:] == [2], 60)
    (worker.folder / "go").touch()
    worker.end()
    steps = [c.step for r in other.beats for c in r.trials[0].checkpoints]
    steps += [c.step for report in other.reports for c in report.checkpoints]
    assert steps == [1, 2, 3, 4]


def test_more_than_a_report_takes_is_told_in_several(work: Work) -> None:
    other = OtherSide([trial(1, end_step=12_000)])
    assert work(other).end().error == ""
    assert [report.outcome for report in other.reports] == [COMPLETED]
    assert [m.step for m in other.measured] == list(range(1, 12_001))
    assert max(len(report.measurements) for beat in other.beats for report in beat.trials) <= 5_000


def test_what_happens_while_no_controller_answers_is_told_when_one_does(tmp_path: Path) -> None:
    port = free_port()
    other = OtherSide([trial(1)])
    with serving(other, port):
        worker = Worker(tmp_path, WAITING, f"127.0.0.1:{port}")
        worker.started()
    (tmp_path / "go").touch()
    until(lambda: any(isinstance(event, ControllerLost) for event in worker.told), 60)
    with serving(other, port):
        assert worker.end().error == ""
    assert [report.outcome for report in other.reports] == [COMPLETED]
    assert {m.step: m.metrics["score"] for m in other.measured} == {0: 1.0, 4: 2.0}


def test_a_trial_asked_to_stop_saves_and_is_stopped(work: Work) -> None:
    other = OtherSide([trial(1, end_step=10**9, lease=1)], heartbeat=stops)
    work(other, ENDLESS).end()
    (report,) = other.reports
    assert report.outcome == STOPPED
    assert [checkpoint.step for checkpoint in report.checkpoints] == [report.step]


def test_user_code_that_does_not_heed_a_stop_is_ended_after_the_grace(work: Work) -> None:
    other = OtherSide([trial(1, lease=1), trial(2)], heartbeat=stops)
    body = """
    def train(session, lr):
        if session.seed == 1:
            sum(range(10**12))
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    work(other, body, grace=0.2).end()
    assert [report.outcome for report in other.reports] == [STOPPED, COMPLETED]


def test_a_trial_that_is_lost_is_abandoned_and_not_reported(work: Work) -> None:
    other = OtherSide([trial(1, end_step=10**9, lease=1)], heartbeat=takes_away)
    worker = work(other, ENDLESS)
    assert worker.end().error == ""
    assert other.reports == []
    assert worker.outcomes == [trial_pb2.OUTCOME_UNSPECIFIED]


def test_a_worker_that_leaves_saves_and_gives_back_asking_for_nothing(work: Work) -> None:
    other = OtherSide([trial(1, end_step=10**9)])
    worker = work(other, ENDLESS)
    worker.started()
    worker.pool.leave()
    assert worker.end().error == ""
    (report,) = other.reports
    assert report.outcome == RELEASED
    assert [checkpoint.step for checkpoint in report.checkpoints] == [report.step]
    assert other.heard[-1].k == 0


def test_a_worker_that_leaves_without_a_checkpoint_gives_back_too(work: Work) -> None:
    other = OtherSide([trial(1)])
    worker = work(other, "def train(session, lr): sum(range(10**12))", grace=0.2)
    worker.started()
    worker.pool.leave()
    worker.end()
    (report,) = other.reports
    assert (report.outcome, len(report.checkpoints)) == (RELEASED, 0)


def test_a_heartbeat_that_is_refused_ends_the_training_at_once_as_a_failure(work: Work) -> None:
    other = OtherSide(
        [trial(1, end_step=10**9)],
        refuses=lambda report: "the metric is not to my taste" if report.measurements else None,
    )
    body = """
    def train(session, lr):
        session.report(score=1.0)
        for step in session.steps():
            time.sleep(0.001)
    """
    assert work(other, body).end().error == ""
    (report,) = other.reports
    assert report.outcome == FAILED
    assert "not to my taste" in report.failure_message


def test_an_outcome_that_is_refused_becomes_a_failure(work: Work) -> None:
    other = OtherSide(
        [trial(1)], refuses=lambda report: "not like this" if report.outcome == COMPLETED else None
    )
    worker = work(other)
    assert worker.end().error == ""
    (report,) = other.reports
    assert (report.outcome, worker.outcomes) == (FAILED, [FAILED])
    assert "not like this" in report.failure_message


def test_a_crash_costs_one_try_and_the_next_trial_gets_a_new_process(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    def train(session, lr):
        if session.seed == 1:
            print("last words", flush=True)
            os.kill(os.getpid(), 9)
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    work(other, body).end()
    first, second = other.reports
    assert (first.outcome, second.outcome) == (FAILED, COMPLETED)
    assert "SIGKILL" in first.failure_message
    assert "last words" in first.failure_message
    assert "log: " in first.failure_message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "def train(session, lr): raise ValueError('bad lr')",
            r"ValueError: bad lr\n.*user\.py:\d+ in train",
        ),
        ("def train(session, lr): pass", "returned at step 0, before its end step 4"),
        ("def train(session, lr): session.advance(4)", "no checkpoint was saved at the end step 4"),
        (GOOD.replace("score", "loss"), "score were not reported at the end step 4 .reported were loss"),
        (GOOD + "def evaluate(checkpoint): return 3", "evaluate must return a dict"),
        (GOOD + "def evaluate(checkpoint): raise KeyError('w')", "evaluate raised KeyError"),
    ],
)
def test_a_mistake_is_a_failure_that_says_what_to_change(work: Work, body: str, told: str) -> None:
    other = OtherSide([trial(1)])
    work(other, body).end()
    (report,) = other.reports
    assert report.outcome == FAILED
    assert re.search(told, report.failure_message), report.failure_message
    assert "progenitor_worker" not in report.failure_message


def test_evaluate_measures_the_durable_checkpoint_before_the_trial_is_completed(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    print("loaded by", os.getpid())
    def train(session, lr):
        for step in session.steps():
            pass
        with session.checkpoint() as folder:
            (folder / "w").write_text(str(os.getpid()))
    def evaluate(checkpoint, lr):
        assert (checkpoint / "w").read_text() != str(os.getpid()), "the same process"
        return {"score": lr, "other": 2}
    """
    assert work(other, body).end().error == ""
    assert [report.outcome for report in other.reports] == [COMPLETED] * 2
    assert [dict(m.metrics) for m in other.measured] == [{"score": 0.5, "other": 2.0}] * 2
    assert all(report.timing.HasField("evaluate") for report in other.reports)


def test_a_trial_that_was_saved_at_its_end_step_is_only_evaluated(work: Work, tmp_path: Path) -> None:
    folder = tmp_path / "store" / "uid" / "1" / "1" / "4-aa"
    folder.mkdir(parents=True)
    (folder / "w").write_text("x")
    handed = trial(1)
    handed.lease.epoch = 2
    handed.warm_start.uri, handed.warm_start.step = "uid/1/1/4-aa", 4
    other = OtherSide([handed])
    body = """
    def train(session, lr):
        assert list(session.steps()) == []
    def evaluate(checkpoint):
        return {"score": len((checkpoint / "w").read_text())}
    """
    work(other, body).end()
    (report,) = other.reports
    assert report.outcome == COMPLETED, report.failure_message
    assert [dict(m.metrics) for m in report.measurements] == [{"score": 1.0}]


def test_a_warm_start_that_is_gone_is_a_failure_that_names_it(work: Work, tmp_path: Path) -> None:
    handed = trial(1)
    handed.warm_start.uri = "uid/7/1/0-aa"
    (tmp_path / "store" / "uid" / "7").mkdir(parents=True)
    other = OtherSide([handed])
    work(other).end()
    (report,) = other.reports
    assert report.outcome == FAILED
    assert "uid/7/1/0-aa" in report.failure_message


def test_a_store_that_has_nothing_of_the_parent_is_the_workers_fault(work: Work) -> None:
    handed = trial(1)
    handed.warm_start.uri = "uid/7/1/0-aa"
    other = OtherSide([handed])
    assert "--store" in work(other).end().error
    (report,) = other.reports
    assert report.outcome == RELEASED


def test_a_lease_counts_from_when_it_was_asked_for(tmp_path: Path) -> None:
    """Here the answer took as long as a third of the lease: it is renewed at once."""
    with serving(other := OtherSide([])) as address:
        held = HeldTrial(trial(1))
        controller = Controller((address,), on_lost=print, on_found=print)
        since = time.monotonic() - 20.0
        beat = Heartbeat(controller, STUDY, trial_pb2.Worker(id="w"), held, lease=60.0, since=since)
        beat.start()
        until(lambda: other.beats, 10)
        beat.end()
        controller.close()


def test_a_trial_that_arrives_when_the_worker_is_leaving_is_given_back_untouched(work: Work) -> None:
    other = OtherSide([trial(number) for number in range(1, 1000)])
    body = """
    def train(session, lr):
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    worker = work(other, body)
    until(lambda: any(isinstance(event, TrialStarted) for event in worker.told), 60)
    worker.pool.leave()
    assert worker.end().error == ""
    handed = {event.trial.name for event in worker.told if isinstance(event, TrialStarted)}
    assert {report.trial for report in other.reports} == handed, "each trial that was taken has an outcome"
    assert other.heard[-1].k == 0


def test_a_training_process_that_dies_between_two_trials_costs_nothing(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    def train(session, lr):
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
        Path(__file__).with_name(f"pid{session.seed}").write_text(str(os.getpid()))
    """
    arrived, held = threading.Event(), threading.Event()
    handed = other.GetNewSuggestion

    def hold(
        request: pb.GetNewSuggestionRequest, context: grpc.ServicerContext
    ) -> pb.GetNewSuggestionResponse:
        if request.trials:
            arrived.set()
            held.wait(30)
        return handed(request, context)

    other.GetNewSuggestion = hold  # type: ignore[method-assign]  # answers when the process is gone
    worker = work(other, body)
    assert arrived.wait(60)
    pid = int((worker.folder / "pid1").read_text())
    os.kill(pid, signal.SIGKILL)
    # A process is dead when all of its threads are: the first of them is a zombie a little earlier.
    until(lambda: state(pid) == "Z" and len([*Path(f"/proc/{pid}/task").iterdir()]) == 1, 10)
    held.set()
    assert worker.end().error == ""
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def test_what_one_trial_left_behind_is_not_taken_for_the_next_one(work: Work) -> None:
    """A thread that saves after `train` has returned is told that its session has ended."""
    other = OtherSide([trial(1), trial(2)])
    body = """
    import threading
    from progenitor import SessionError
    HERE = Path(__file__).parent
    def save_late(session):
        while not (HERE / "second").exists():
            time.sleep(0.005)
        said = []
        for late in (lambda: session.report(score=9.0), lambda: session.advance(0), lambda: save(session)):
            try:
                late()
            except SessionError as error:
                said.append(str(error))
        (HERE / "said.new").write_text("\\n".join(said))
        (HERE / "said.new").rename(HERE / "said")
    def save(session):
        with session.checkpoint() as folder:
            (folder / "w").write_text(str(session.seed))
    def train(session, lr):
        if session.seed == 1:
            threading.Thread(target=save_late, args=(session,), daemon=True).start()
        else:
            (HERE / "second").touch()
            while not (HERE / "said").exists():
                time.sleep(0.005)
        session.advance(4)
        session.report(score=1.0)
        if session.seed == 1:
            save(session)
    """
    worker = work(other, body)
    assert worker.end().error == ""
    first, second = other.reports
    assert (first.outcome, second.outcome) == (COMPLETED, FAILED)
    assert "no checkpoint was saved" in second.failure_message
    assert not [c for r in other.beats for report in r.trials for c in report.checkpoints if "uid/2" in c.uri]
    said = (worker.folder / "said").read_text().splitlines()
    assert len(said) == 3
    assert all("the session has ended" in line for line in said)


def test_a_message_of_another_trial_is_not_heard(work: Work) -> None:
    """Here a thread of the first trial gets hold of its listener, past the session that has ended."""
    other = OtherSide([trial(1), trial(2)])
    body = """
    kept = []
    def train(session, lr):
        kept.append(session._listener)
        kept[0].measured(3, {"score": 7.0}, 0.0)
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    assert work(other, body).end().error == ""
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2
    told = [(r.trial, m.step) for r in other.reports for m in r.measurements]
    told += [(r.trial, m.step) for beat in other.beats for r in beat.trials for m in r.measurements]
    assert sorted(told) == [(f"{STUDY}/trials/1", 3), (f"{STUDY}/trials/1", 4), (f"{STUDY}/trials/2", 4)]


@pytest.mark.parametrize("how", ["raise ValueError('in the child')", "return", "session.report(score=9.0)"])
def test_a_child_that_user_code_forks_does_not_speak_for_its_trial(work: Work, how: str) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = f"""
    def train(session, lr):
        child = os.fork()
        if child == 0:
            {how}
            os._exit(0)
        _, status = os.waitpid(child, 0)
        session.advance(4)
        session.report(score=float(os.waitstatus_to_exitcode(status)))
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    """
    assert work(other, body).end().error == ""
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2
    expected = 0.0 if how == "return" else 1.0
    assert [m.metrics["score"] for m in other.measured] == [expected, expected]


STUCK = """
HERE = Path(__file__).parent
with (HERE / "loading").open("a") as file:
    print(os.getpid(), file=file, flush=True)
"""
SECOND_IS_STUCK = (
    STUCK
    + """
if len((HERE / "loading").read_text().splitlines()) == 2:
    time.sleep(600)
"""
)


def loading(folder: Path, count: int) -> int:
    """The process that is the count-th to load the user's file."""
    pids = until(lambda: told(folder)[count - 1 :], 60)
    return pids[0]


def told(folder: Path) -> list[int]:
    path = folder / "loading"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_a_worker_that_leaves_does_not_wait_for_a_file_that_never_loads(work: Work) -> None:
    other = OtherSide([trial(1)])
    worker = work(other, STUCK + "time.sleep(600)")
    pid = loading(worker.folder, 1)
    worker.pool.leave()
    assert worker.end().error == ""
    assert state(pid) == ""
    assert other.reports == []


CRASHES = (
    SECOND_IS_STUCK
    + """
def train(session, lr):
    os.kill(os.getpid(), 9)
"""
)


def test_a_trial_whose_new_process_never_loads_the_file_is_given_back_when_the_worker_leaves(
    work: Work,
) -> None:
    other = OtherSide([trial(1), trial(2)])
    worker = work(other, CRASHES)
    pid = loading(worker.folder, 2)
    worker.pool.leave()
    assert worker.end().error == ""
    assert [report.outcome for report in other.reports] == [FAILED, RELEASED]
    assert state(pid) == ""


@pytest.mark.parametrize(("answer", "expected"), [(stops, [FAILED, STOPPED]), (takes_away, [FAILED])])
def test_a_trial_whose_new_process_never_loads_the_file_can_be_stopped_and_lost(
    work: Work, answer: Answer, expected: list[int]
) -> None:
    other = OtherSide([trial(1), trial(2, lease=1)])
    worker = work(other, CRASHES)
    pid = loading(worker.folder, 2)
    other.heartbeat = answer  # not before: a process that is not wanted need not begin to load
    assert worker.end().error == ""
    assert [report.outcome for report in other.reports] == expected
    assert state(pid) == ""


EVALUATED = (
    SECOND_IS_STUCK
    + """
def train(session, lr):
    session.advance(4)
    with session.checkpoint() as folder:
        (folder / "w").write_text("x")
def evaluate(checkpoint):
    return {"score": 1.0}
"""
)


def test_a_trial_whose_evaluator_never_loads_the_file_is_given_back_after_the_grace(work: Work) -> None:
    other = OtherSide([trial(1)])
    worker = work(other, EVALUATED, grace=0.3)
    loading(worker.folder, 2)
    worker.pool.leave()
    assert worker.end().error == ""
    (report,) = other.reports
    told = [c.step for beat in other.beats for r in beat.trials for c in r.checkpoints]
    assert (report.outcome, told + [c.step for c in report.checkpoints]) == (RELEASED, [4])


def test_a_worker_that_leaves_starts_no_evaluator_and_completes_what_misses_nothing(work: Work) -> None:
    other = OtherSide([trial(1, end_step=10**9)])
    body = """
    HERE = Path(__file__).parent
    def train(session, lr):
        while not session.stopping:
            time.sleep(0.005)
        session.advance(session.end_step)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    def evaluate(checkpoint):
        (HERE / "evaluated").touch()
        return {"other": 1.0}
    """
    worker = work(other, body)
    worker.started()
    worker.pool.leave()
    assert worker.end().error == ""
    assert [report.outcome for report in other.reports] == [COMPLETED]
    assert not (worker.folder / "evaluated").exists()


BOUND_IN_THE_LOOP = """
def train(session, lr):
    while not session.stopping:
        time.sleep(0.005)
    for step in session.steps():
        score = 1.0
    session.report(score=score)
"""


def test_what_code_raises_that_was_cut_short_is_no_failure(work: Work) -> None:
    other = OtherSide([trial(1)])
    worker = work(other, BOUND_IN_THE_LOOP)
    worker.started()
    worker.pool.leave()
    assert worker.end().error == ""
    assert [report.outcome for report in other.reports] == [RELEASED]
    assert "UnboundLocalError" in (worker.folder / "logs" / "uid" / "1.log").read_text()


def test_what_code_raises_that_was_asked_to_stop_is_no_failure(work: Work) -> None:
    other = OtherSide([trial(1, lease=1)], heartbeat=stops)
    assert work(other, BOUND_IN_THE_LOOP).end().error == ""
    assert [report.outcome for report in other.reports] == [STOPPED]


def test_what_code_raises_is_no_failure_when_the_signal_came_to_its_process_first(work: Work) -> None:
    other = OtherSide([trial(1)])
    body = BOUND_IN_THE_LOOP.replace("while", "os.kill(os.getpid(), 15)\n    while", 1)
    assert work(other, body).end().error == ""
    assert [report.outcome for report in other.reports] == [RELEASED]


def resumed_at_its_end(folder: Path) -> trial_pb2.Trial:
    checkpoint = folder / "store" / "uid" / "1" / "1" / "4-aa"
    checkpoint.mkdir(parents=True)
    (checkpoint / "w").write_text("x")
    handed = trial(1)
    handed.lease.epoch = 2
    handed.warm_start.uri, handed.warm_start.step = "uid/1/1/4-aa", 4
    return handed


TRAINED = """
def train(session, lr):
    for step in session.steps():
        pass
"""


def test_the_controller_judges_whether_a_trial_resumed_at_its_end_misses_a_metric(
    work: Work, tmp_path: Path
) -> None:
    """It knows what an earlier holder has told."""
    other = OtherSide([resumed_at_its_end(tmp_path)])
    work(other, TRAINED).end()
    assert [report.outcome for report in other.reports] == [COMPLETED]


def test_a_trial_resumed_at_its_end_that_the_controller_refuses_fails_with_what_is_missing(
    work: Work, tmp_path: Path
) -> None:
    other = OtherSide(
        [resumed_at_its_end(tmp_path)], refuses=lambda r: "no score" if r.outcome == COMPLETED else None
    )
    work(other, TRAINED).end()
    (report,) = other.reports
    assert report.outcome == FAILED
    assert "the metrics score were not reported at the end step 4" in report.failure_message


def test_two_values_of_one_metric_are_a_failure_that_names_both(work: Work) -> None:
    other = OtherSide([trial(1)])
    work(other, GOOD + "def evaluate(checkpoint): return {'score': 7.0}").end()
    (report,) = other.reports
    assert report.outcome == FAILED
    said = (
        "evaluate returned score=7.0, train reported 2.0 at the same step 4: let only one of them give score"
    )
    assert said in report.failure_message


def test_the_same_value_from_train_and_evaluate_is_no_contradiction(work: Work) -> None:
    other = OtherSide([trial(1), trial(2)])
    body = """
    def train(session, lr):
        session.advance(4)
        session.report(score=float("nan") if session.seed == 1 else 1)
        with session.checkpoint() as folder:
            (folder / "w").write_text(str(session.seed))
    def evaluate(checkpoint):
        return {"score": float("nan") if (checkpoint / "w").read_text() == "1" else 1}
    """
    work(other, body).end()
    assert [(report.outcome, report.failure_message) for report in other.reports] == [(COMPLETED, "")] * 2


def test_a_trial_that_failed_tells_its_timing_too(work: Work) -> None:
    other = OtherSide([trial(1)])
    body = """
    def train(session, lr):
        session.advance(1)
        time.sleep(0.01)
        raise ValueError("bad")
    """
    work(other, body).end()
    (report,) = other.reports
    assert report.outcome == FAILED
    assert report.timing.restore.ToNanoseconds() > 0
    assert report.timing.train.ToNanoseconds() >= 10_000_000


def test_the_log_says_where_evaluation_begins(work: Work) -> None:
    worker = work(OtherSide([trial(1)]), GOOD + "def evaluate(checkpoint): return {'other': 7.0}")
    worker.end()
    headers = [
        line
        for line in (worker.folder / "logs" / "uid" / "1.log").read_text().splitlines()
        if line.startswith("---")
    ]
    assert [header.endswith(", evaluate ---") for header in headers] == [False, True]


def test_a_trial_that_could_not_be_given_back_is_told_with_what_its_lease_has_left(tmp_path: Path) -> None:
    with serving(OtherSide([trial(1, end_step=10**9, lease=60)])) as address:
        worker = Worker(tmp_path, ENDLESS, address, grace=0.5)
        worker.started()
    worker.pool.leave()
    said = worker.end().error
    assert re.match(
        r"trial 1 could not be given back, its lease runs out in [1-5]?\d s: no controller", said
    ), said


def test_what_user_code_put_off_until_its_exit_is_done_when_the_study_has_ended(work: Work) -> None:
    body = """
    import atexit
    def train(session, lr):
        session.advance(4)
        session.report(score=1.0)
        with session.checkpoint() as folder:
            (folder / "w").write_text("x")
    atexit.register(Path(__file__).with_name("exited").touch)
    """
    worker = work(OtherSide([trial(1)]), body)
    assert worker.end().error == ""
    assert (worker.folder / "exited").exists()


def test_an_exit_that_takes_for_ever_does_not_hold_the_worker(work: Work) -> None:
    worker = work(OtherSide([trial(1)]), "import atexit\natexit.register(time.sleep, 600)\n" + GOOD)
    assert worker.end().error == ""
    assert worker.outcomes == [COMPLETED]
