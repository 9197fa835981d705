"""The process that runs the user's code, for real."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.waiting import until

from progenitor_worker.channel import Message
from progenitor_worker.process import ProcessDied, Program, TrainingProcess

HEAD = """
import os, sys, time
from progenitor import Double, Maximize, Session, Study
study = Study(metrics=[Maximize("score")], population_size=2, steps_per_trial=4, max_steps=8,
              parameters={"lr": Double(0.0, 1.0)})
"""
GOOD = """
print("loaded once")
def train(session, lr):
    for step in session.steps():
        session.report(score=lr * step)
    with session.checkpoint() as folder:
        (folder / "w").write_text(str(session.step))
"""

Start = Callable[..., TrainingProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[TrainingProcess] = []

    def begin(body: str = GOOD, command: str = "", head: str = HEAD) -> TrainingProcess:
        source = tmp_path / "user.py"
        source.write_text(head + textwrap.dedent(body))
        process = TrainingProcess(Program(source, command), {}, tmp_path / "start.log")
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()


def job(folder: Path, **changes: object) -> Message:
    return {
        "kind": "train",
        "study_uid": "uid",
        "trial": 1,
        "epoch": 1,
        "parameters": {"lr": 0.5},
        "seed": 3,
        "start_step": 0,
        "end_step": 4,
        "warm_start": None,
        "store": str(folder / "store"),
        "log": str(folder / "trial.log"),
        "header": "--- trial 1 ---",
        **changes,
    }


def messages(process: TrainingProcess) -> list[Message]:
    """Up to the one that ends the session."""
    seen: list[Message] = []
    while not seen or seen[-1]["kind"] not in ("done", "failed", "evaluated"):
        message = process.receive(60)
        assert message is not None, "the process says nothing"
        seen.append(message)
    return seen


def test_a_file_is_described_and_trains_trial_after_trial_in_one_process(
    start: Start, tmp_path: Path
) -> None:
    process = start()
    description = process.description()
    assert (description.problems, description.places, description.evaluates) == ((), 2, False)
    for trial in (1, 2):
        process.send(job(tmp_path, trial=trial))
        seen = messages(process)
        assert seen[-1]["kind"] == "done"
        assert seen[-1]["step"] == 4
        assert [m["step"] for m in seen if m["kind"] == "measured"] == [1, 2, 3, 4]
        (saved,) = [m["checkpoint"] for m in seen if m["kind"] == "saved"]
        assert (tmp_path / "store" / saved["uri"] / "w").read_text() == "4"
    assert (tmp_path / "start.log").read_text().count("loaded once") == 1


def test_what_user_code_prints_goes_to_the_trials_log_with_that_of_its_children(
    start: Start, tmp_path: Path
) -> None:
    process = start(
        """
        def train(session, lr):
            print("from python")
            os.system("echo from a child; echo to stderr >&2")
            session.advance(4)
        """
    )
    process.description()
    process.send(job(tmp_path))
    assert messages(process)[-1]["kind"] == "done"
    log = (tmp_path / "trial.log").read_text()
    assert all(line in log for line in ("--- trial 1 ---", "from python", "from a child", "to stderr"))


def test_an_exception_is_told_with_the_users_lines_and_none_of_ours_and_the_process_goes_on(
    start: Start, tmp_path: Path
) -> None:
    process = start(
        """
        def helper(lr):
            raise ValueError(f"bad lr {lr}")
        def train(session, lr):
            helper(lr)
        """
    )
    process.description()
    for _ in range(2):
        process.send(job(tmp_path))
        (failed,) = messages(process)
        assert failed["message"].startswith("ValueError: bad lr 0.5")
        assert "in helper" in failed["message"]
        assert "progenitor_worker" not in failed["message"]
    assert "ValueError: bad lr 0.5" in (tmp_path / "trial.log").read_text()


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os._exit(7)", "exited with 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL .*memory"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
    ],
)
def test_a_crash_is_told_as_what_it_was(start: Start, tmp_path: Path, body: str, how: str) -> None:
    process = start(f"def train(session, lr): {body}")
    process.description()
    process.send(job(tmp_path))
    with pytest.raises(ProcessDied, match=how):
        messages(process)
    assert not process.alive


def test_a_stop_ends_the_loop_early_and_what_is_saved_then_is_a_checkpoint(
    start: Start, tmp_path: Path
) -> None:
    process = start(GOOD)
    process.description()
    process.send(job(tmp_path, end_step=10**9))
    first = process.receive(60)
    assert first is not None
    process.stop()
    seen = messages(process)
    assert seen[-1]["kind"] == "done"
    assert 0 < seen[-1]["step"] < 10**9
    assert [m["checkpoint"]["step"] for m in seen if m["kind"] == "saved"] == [seen[-1]["step"]]


def test_sigterm_to_the_process_is_a_request_to_stop(start: Start, tmp_path: Path) -> None:
    process = start(GOOD)
    process.description()
    process.send(job(tmp_path, end_step=10**9))
    assert process.receive(60) is not None
    os.kill(process.pid, signal.SIGTERM)
    assert messages(process)[-1]["kind"] == "done"


def test_code_that_holds_the_interpreter_does_not_hold_the_worker(start: Start, tmp_path: Path) -> None:
    process = start(
        """
        def train(session, lr):
            session.report(score=1.0)
            sum(range(10**12))  # one C call, minutes long
        """
    )
    process.description()
    process.send(job(tmp_path))
    assert (process.receive(60) or {}).get("kind") == "measured"
    process.stop()
    assert process.receive(0.3) is None
    began = time.monotonic()
    process.kill()
    assert time.monotonic() - began < 5
    assert not process.alive


OWNER = """
import sys, threading
from pathlib import Path
from progenitor_worker.process import Program, TrainingProcess
process = TrainingProcess(Program(Path(sys.argv[1])), {}, Path(sys.argv[2]) / "start.log")
process.description()
print(process.pid, flush=True)
process.send(%r | {"store": sys.argv[2] + "/store", "log": sys.argv[2] + "/trial.log"})
threading.Event().wait()
"""


def test_a_training_process_never_outlives_its_worker_even_while_it_holds_the_interpreter(
    tmp_path: Path,
) -> None:
    source = tmp_path / "user.py"
    source.write_text(HEAD + "def train(session, lr): sum(range(10**12))")
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER % job(tmp_path), str(source), str(tmp_path)], stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    trainer = int(owner.stdout.readline())
    until((tmp_path / "trial.log").exists)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    until(lambda: not Path(f"/proc/{trainer}").exists() or zombie(trainer))


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(
    ("head", "body", "problem"),
    [
        (HEAD, "", "defines no train"),
        ("", GOOD, "defines no study"),
        ("study = 3", GOOD, "must be a progenitor.Study"),
        (HEAD, "def train(session, rate): pass", "rate"),
        (HEAD, "def train(session): pass", "lr"),
        (HEAD, "train = 3", "must be a function"),
    ],
)
def test_a_mistake_in_the_file_is_a_problem_that_says_what_to_change(
    start: Start, head: str, body: str, problem: str
) -> None:
    problems = start(body, head=head).description().problems
    assert any(problem in told for told in problems), problems


def test_a_file_that_cannot_be_loaded_is_told_by_its_own_line(start: Start) -> None:
    with pytest.raises(ProcessDied, match=r"(?s)ModuleNotFoundError.*user\.py:\d+"):
        start("import no_such_module").description()


SHELL = """
python3 - <<'END'
import json, os
end = int(os.environ["PROGENITOR_END_STEP"])
lr = json.load(open(os.environ["PROGENITOR_PARAMETERS"]))["lr"]
with open(os.environ["PROGENITOR_METRICS"], "a") as file:
    for step in range(int(os.environ["PROGENITOR_START_STEP"]) + 1, end + 1):
        file.write(json.dumps({"step": step, "metrics": {"score": lr * step}}) + chr(10))
open(os.environ["PROGENITOR_CHECKPOINT"] + "/w", "w").write(os.environ["PROGENITOR_SEED"])
END
"""


def test_a_command_trains_in_any_language(start: Start, tmp_path: Path) -> None:
    process = start("", command=SHELL)
    assert process.description().problems == ()
    process.send(job(tmp_path))
    seen = messages(process)
    assert seen[-1]["kind"] == "done", seen
    assert [m["metrics"]["score"] for m in seen if m["kind"] == "measured"] == [0.5, 1.0, 1.5, 2.0]
    (saved,) = [m["checkpoint"] for m in seen if m["kind"] == "saved"]
    assert (tmp_path / "store" / saved["uri"] / "w").read_text() == "3"


def test_a_command_that_fails_says_how(start: Start, tmp_path: Path) -> None:
    process = start("", command="echo broken; exit 3")
    process.description()
    process.send(job(tmp_path))
    assert "exited with 3" in messages(process)[-1]["message"]
    assert "broken" in (tmp_path / "trial.log").read_text()


def test_a_command_is_asked_to_stop_by_sigterm_and_names_the_step_it_reached(
    start: Start, tmp_path: Path
) -> None:
    command = (
        "trap 'echo 2 > $PROGENITOR_STEP; touch $PROGENITOR_CHECKPOINT/w; exit 0' TERM; "
        'echo \'{"step": 1, "metrics": {"score": 1}}\' >> $PROGENITOR_METRICS; while :; do sleep 0.05; done'
    )
    process = start("", command=command)
    process.description()
    process.send(job(tmp_path))
    assert (process.receive(60) or {}).get("kind") in ("step", "measured")
    process.stop()
    seen = messages(process)
    assert (seen[-1]["kind"], seen[-1]["step"]) == ("done", 2)
    assert [m["checkpoint"]["step"] for m in seen if m["kind"] == "saved"] == [2]


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists() or zombie(pid)


FORKING = """
import subprocess
def train(session, lr):
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    other = subprocess.Popen(["sleep", "600"])
    print("started", child, other.pid, flush=True)
    if lr == 1.0:
        os._exit(3)
    session.report(score=1.0)
    sum(range(10**12))
"""


def started(folder: Path) -> list[int]:
    def told() -> list[int]:
        log = folder / "trial.log"
        words = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [int(pid) for line in words if line[:1] == ["started"] for pid in line[1:]]

    return until(told)


def test_a_crash_is_noticed_although_a_child_holds_the_connection_and_the_child_is_ended(
    start: Start, tmp_path: Path
) -> None:
    process = start(FORKING)
    process.description()
    process.send(job(tmp_path, parameters={"lr": 1.0}))
    with pytest.raises(ProcessDied, match="exited with 3"):
        until(lambda: process.receive(0.05))
    for child in started(tmp_path):
        until(partial(gone, child))


def test_killing_ends_what_user_code_started(start: Start, tmp_path: Path) -> None:
    process = start(FORKING)
    process.description()
    process.send(job(tmp_path))
    children = started(tmp_path)
    process.kill()
    for child in children:
        until(partial(gone, child))


def owned(source: Path, folder: Path, command: str = "") -> subprocess.Popen[bytes]:
    """A worker of its own that has one trial running."""
    program = OWNER.replace("Program(Path(sys.argv[1]))", "Program(Path(sys.argv[1]), sys.argv[3])")
    return subprocess.Popen(
        [sys.executable, "-c", program % job(folder), str(source), str(folder), command],
        stdout=subprocess.DEVNULL,
    )


def test_what_user_code_started_does_not_outlive_the_worker_either(tmp_path: Path) -> None:
    source = tmp_path / "user.py"
    source.write_text(HEAD + FORKING)
    owner = owned(source, tmp_path)
    children = started(tmp_path)
    owner.kill()
    owner.wait()
    for child in children:
        until(partial(gone, child))


def test_an_exit_asked_for_by_user_code_fails_the_trial_and_keeps_the_process(
    start: Start, tmp_path: Path
) -> None:
    process = start("def train(session, lr): sys.exit('enough')")
    process.description()
    for _ in range(2):
        process.send(job(tmp_path))
        assert messages(process)[-1]["message"].startswith("SystemExit: enough")


def test_a_child_that_user_code_forked_can_be_terminated(start: Start, tmp_path: Path) -> None:
    process = start(
        """
        import multiprocessing
        def train(session, lr):
            child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
            child.start()
            child.terminate()
            child.join()
            session.advance(4)
        """
    )
    process.description()
    process.send(job(tmp_path))
    assert messages(process)[-1]["kind"] == "done"


def test_sigint_is_for_the_worker_only(start: Start, tmp_path: Path) -> None:
    process = start(GOOD)
    process.description()
    process.send(job(tmp_path, end_step=10**9))
    assert process.receive(60) is not None
    os.kill(process.pid, signal.SIGINT)
    process.stop()
    assert messages(process)[-1]["kind"] == "done"


def test_a_segmentation_fault_leaves_its_python_lines_in_the_log(start: Start, tmp_path: Path) -> None:
    process = start(
        """
        import ctypes
        def crash():
            ctypes.string_at(0)
        def train(session, lr):
            crash()
        """
    )
    process.description()
    process.send(job(tmp_path))
    with pytest.raises(ProcessDied, match="SIGSEGV"):
        messages(process)
    assert "in crash" in (tmp_path / "trial.log").read_text()


def test_what_c_code_prints_is_in_its_own_trials_log(start: Start, tmp_path: Path) -> None:
    process = start(
        """
        import ctypes
        def train(session, lr):
            ctypes.CDLL(None).puts(b"from C")
            session.advance(4)
        """
    )
    process.description()
    process.send(job(tmp_path))
    assert messages(process)[-1]["kind"] == "done"
    assert "from C" in (tmp_path / "trial.log").read_text()


def test_modules_beside_the_file_are_found_and_those_of_the_working_directory_hide_nothing(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside.py").write_text("NAME = 'beside'")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "queue.py").write_text("raise RuntimeError('hidden')")
    monkeypatch.chdir(elsewhere)
    assert start("import beside\n" + GOOD).description().problems == ()


def test_a_command_that_a_stop_ended_in_the_middle_of_saving_has_no_checkpoint(
    start: Start, tmp_path: Path
) -> None:
    command = (
        'touch $PROGENITOR_CHECKPOINT/half; echo \'{"step": 2, "metrics": {"score": 1}}\' >> $PROGENITOR_METRICS; '
        "sleep 600"
    )
    process = start("", command=command)
    process.description()
    process.send(job(tmp_path))
    assert (process.receive(60) or {}).get("kind") in ("step", "measured")
    process.stop()
    seen = messages(process)
    assert (seen[-1]["kind"], seen[-1]["step"]) == ("done", 2)
    assert not [m for m in seen if m["kind"] == "saved"]
    assert not [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_a_command_that_exits_well_has_reached_its_end_step_or_the_one_that_it_wrote(
    start: Start, tmp_path: Path
) -> None:
    process = start(
        "", command="touch $PROGENITOR_CHECKPOINT/w; [ $PROGENITOR_SEED = 3 ] || echo 2 > $PROGENITOR_STEP"
    )
    process.description()
    process.send(job(tmp_path))
    assert messages(process)[-1]["step"] == 4
    process.send(job(tmp_path, seed=4))
    assert "returned at step 2, before its end step 4" in messages(process)[-1]["message"]


def test_a_command_that_writes_what_cannot_be_is_ended_and_fails(start: Start, tmp_path: Path) -> None:
    process = start("", command="echo started $$; echo nonsense >> $PROGENITOR_METRICS; sleep 600; true")
    process.description()
    process.send(job(tmp_path))
    assert "nonsense" in messages(process)[-1]["message"]
    for child in started(tmp_path):
        until(partial(gone, child))


COMMAND = "sleep 600 & echo started $! $$; wait; true"


def test_nothing_of_a_command_outlives_its_trial(start: Start, tmp_path: Path) -> None:
    process = start("", command="sleep 600 & echo started $!; touch $PROGENITOR_CHECKPOINT/w")
    process.description()
    process.send(job(tmp_path))
    assert messages(process)[-1]["kind"] == "done"
    for child in started(tmp_path):
        until(partial(gone, child))


def test_nothing_of_a_command_outlives_its_training_process(start: Start, tmp_path: Path) -> None:
    process = start("", command=COMMAND)
    process.description()
    process.send(job(tmp_path))
    children = started(tmp_path)
    process.kill()
    for child in children:
        until(partial(gone, child))


def test_nothing_of_a_command_outlives_the_worker(tmp_path: Path) -> None:
    source = tmp_path / "user.py"
    source.write_text(HEAD)
    owner = owned(source, tmp_path, COMMAND)
    children = started(tmp_path)
    owner.kill()
    owner.wait()
    for child in children:
        until(partial(gone, child))


def test_discrete_whole_numbers_arrive_as_they_are_written(start: Start, tmp_path: Path) -> None:
    head = """
from progenitor import Discrete, Maximize, Study
study = Study(metrics=[Maximize("score")], population_size=2, steps_per_trial=4, max_steps=8,
              parameters={"width": Discrete([16, 32]), "rate": Discrete([0.5, 1])})
"""
    body = """
    def train(session, width, rate):
        session.advance(4)
        session.report(score=len(range(width)), whole=isinstance(rate, int))
    """
    process = start(body, head=head)
    process.description()
    process.send(job(tmp_path, parameters={"width": 32.0, "rate": 1.0}))
    (measured,) = [m["metrics"] for m in messages(process) if m["kind"] == "measured"]
    assert measured == {"score": 32.0, "whole": 0.0}


SAVES_SLOWLY = """
import os, signal, sys, time
def save(*_):
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass
    open(os.environ["PROGENITOR_CHECKPOINT"] + "/w", "w").write("whole")
    open(os.environ["PROGENITOR_STEP"], "w").write("2")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
open(os.environ["PROGENITOR_METRICS"], "a").write('{"step": 1, "metrics": {"score": 1}}' + chr(10))
while True:
    signal.pause()
"""


@pytest.mark.parametrize("line", ["{}", "{} | cat", "exec {}", "{}; echo done", "{} && echo done"])
def test_a_program_that_a_shell_runs_has_the_time_to_save(start: Start, tmp_path: Path, line: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(SAVES_SLOWLY)
    process = start("", command=line.format(f"{sys.executable} {program}"))
    process.description()
    process.send(job(tmp_path))
    until(lambda: (process.receive(60) or {}).get("kind") == "measured")
    process.stop()
    seen = messages(process)
    assert (seen[-1]["kind"], seen[-1].get("step")) == ("done", 2), seen
    (saved,) = [m["checkpoint"] for m in seen if m["kind"] == "saved"]
    assert (tmp_path / "store" / saved["uri"] / "w").read_text() == "whole"


def test_what_a_shell_says_of_another_program_does_not_stand_for_one_that_sigterm_ended(
    start: Start, tmp_path: Path
) -> None:
    command = (
        'touch $PROGENITOR_CHECKPOINT/half; echo \'{"step": 2, "metrics": {"score": 1}}\' >> $PROGENITOR_METRICS; '
        "sleep 600; true"
    )
    process = start("", command=command)
    process.description()
    process.send(job(tmp_path))
    until(lambda: (process.receive(60) or {}).get("kind") == "measured")
    process.stop()
    seen = messages(process)
    assert (seen[-1]["kind"], seen[-1]["step"]) == ("done", 2)
    assert not [m for m in seen if m["kind"] == "saved"]
