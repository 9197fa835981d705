"""What a worker tells of its trials: real training processes, and a scripted other side of the wire."""

import re
import time
from pathlib import Path

import pytest
from tests.system.processes import free_port
from tests.waiting import until
from tests.worker_client.other_side import STUDY, OtherSide, serving, trial
from tests.worker_client.slot_worker import COMPLETED, FAILED, GOOD, RELEASED, Work, Worker

from progenitor.v1 import trial_pb2
from progenitor_worker.controller import Controller
from progenitor_worker.events import ControllerLost
from progenitor_worker.heartbeat import Heartbeat
from progenitor_worker.held_trial import HeldTrial


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


def test_an_outcome_that_is_refused_becomes_a_failure(work: Work) -> None:
    other = OtherSide(
        [trial(1)], refuses=lambda report: "not like this" if report.outcome == COMPLETED else None
    )
    worker = work(other)
    assert worker.end().error == ""
    (report,) = other.reports
    assert (report.outcome, worker.outcomes) == (FAILED, [FAILED])
    assert "not like this" in report.failure_message


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
