"""How a slot's trial ends that is stopped, lost, refused, or whose worker leaves."""

import re
from pathlib import Path

import pytest
from tests.waiting import until
from tests.worker_client.other_side import Heartbeat as Answer
from tests.worker_client.other_side import OtherSide, serving, stops, takes_away, trial
from tests.worker_client.slot_worker import COMPLETED, ENDLESS, FAILED, RELEASED, STOPPED, Work, Worker, state

from progenitor.v1 import trial_pb2
from progenitor_worker.events import TrialStarted


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


def test_a_trial_that_could_not_be_given_back_is_told_with_what_its_lease_has_left(tmp_path: Path) -> None:
    with serving(OtherSide([trial(1, end_step=10**9, lease=60)])) as address:
        worker = Worker(tmp_path, ENDLESS, address, grace=0.5)
        worker.started()
    worker.pool.leave()
    said = worker.end().error
    assert re.match(
        r"trial 1 could not be given back, its lease runs out in [1-5]?\d s: no controller", said
    ), said
