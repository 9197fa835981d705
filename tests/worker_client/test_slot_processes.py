"""The processes in which a slot trains: crashes, leftovers, forks and exits."""

import os
import signal
import threading
from pathlib import Path

import grpc
import pytest
from tests.waiting import until
from tests.worker_client.other_side import STUDY, OtherSide, trial
from tests.worker_client.slot_worker import COMPLETED, FAILED, GOOD, Work, state

from progenitor.v1 import controller_service_pb2 as pb


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
