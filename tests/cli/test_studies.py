"""The commands that ask about studies and change them: each as text, as JSON, and with its exit code."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.waiting import until

from progenitor_cli.main import COMMANDS, main

from .place import Ended, Place

Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with a completed study, which the tests copy."""
    place = Place(tmp_path_factory.mktemp("trained"))
    place.train_file(body='print("step", step, flush=True)')
    assert place.run("run", "train.py").code == 0
    return place


@pytest.fixture
def folder(trained: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it as the working directory."""
    shutil.copytree(trained.path, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, which spares the start of another."""

    def ran(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["progenitor", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return ran


def test_every_command_has_help_with_an_example_and_exit_codes(run: Run) -> None:
    for name in COMMANDS:
        shown = run(name, "--help")
        assert shown.code == 0
        assert f"progenitor {name}" in shown.out.partition("Examples:")[2], name
        assert "Exit codes:" in shown.out, name
        assert "--json" in shown.out, name


def test_list_has_a_line_for_each_study(run: Run) -> None:
    assert run("create", "train.py", "--name", "another").code == 0
    shown = run("list")
    assert [line.split()[0] for line in shown.out.splitlines()] == ["study", "another", "train"]
    studies = run("list", "--json").lines
    assert [status["study"]["name"] for status in studies] == ["studies/another", "studies/train"]
    assert [status["progress"] for status in studies] == [0.0, 1.0]


def test_show_tells_a_studys_settings_and_which_are_defaults(run: Run) -> None:
    shown = run("show", "train").out
    assert "train is completed" in shown
    (seed,) = [line for line in shown.splitlines() if line.startswith("  seed ")]
    assert seed.split() == ["seed", "7"], "given in the file"
    (fraction,) = [line for line in shown.splitlines() if "truncation.fraction" in line]
    assert fraction.split()[1:] == ["0.2", "default"]
    assert "0.01 … 1, log" in shown
    assert "1 … 9, whole" in shown
    assert run("show", "--json").result["effective_spec"]["seed"] == 7


@pytest.mark.parametrize("name", ["train/4", "studies/train/trials/4", "4"])
def test_show_tells_all_of_a_trial(run: Run, name: str) -> None:
    trial = run("show", name, "--json").result
    assert trial["name"] == "studies/train/trials/4"
    shown = run("show", name).out
    for told in (trial["checkpoint"]["uri"], trial["checkpoint"]["digest"], trial["worker"]["id"]):
        assert told in shown


def test_best_lists_the_fittest_first(run: Run) -> None:
    best = run("best", "--json", "--count", "4").lines
    scores = [trial["measurement"]["metrics"]["score"] for trial in best]
    every = [trial["measurement"]["metrics"]["score"] for trial in run("trials", "--json").lines]
    assert scores == sorted(every, reverse=True)[:4]
    shown = run("best", "-n", "2").out
    assert best[0]["checkpoint"]["uri"] in shown
    assert best[2]["checkpoint"]["uri"] not in shown


def test_best_and_lineage_of_a_study_without_a_completed_trial_say_so(run: Run) -> None:
    assert run("create", "train.py", "--name", "empty").code == 0
    for command in ("best", "lineage"):
        refused = run(command, "empty")
        assert (refused.code, refused.out) == (1, "")
        assert "no completed trial" in refused.err


def test_lineage_goes_from_the_first_ancestor_to_the_trial(run: Run) -> None:
    lineage = run("lineage", "--json").lines
    assert lineage[-1]["name"] == run("status", "--json").result["best_trial"]["name"]
    assert lineage[0]["parent"] == ""
    assert [trial["parent"] for trial in lineage[1:]] == [trial["name"] for trial in lineage[:-1]]
    assert len(run("lineage", "1").out.splitlines()) == 2


def test_workers_lists_who_was_heard(run: Run) -> None:
    workers = run("workers", "--json").lines
    assert len(workers) >= 1
    shown = run("workers").out
    for worker in workers:
        assert worker["worker"]["id"] in shown
        assert worker["trials"] == []


def test_logs_prints_what_the_training_code_printed(run: Run, folder: Path) -> None:
    assert "step 1\nstep 2\n" in run("logs", "train/1").out
    assert "step 1\nstep 2\n" in run("logs", "train/1", "--follow").out, "a trial that has ended ends it"
    assert run("logs", "train/1", "--follow", "--json").code == 2
    found = run("logs", "train/1", "--json").result
    assert Path(found["log"]).is_relative_to(folder.resolve())


def test_a_trial_without_a_log_here_is_an_error_that_names_who_trained_it(run: Run, folder: Path) -> None:
    shutil.rmtree(folder / ".progenitor" / "logs")
    refused = run("logs", "train/1")
    assert refused.code == 1
    assert run("show", "1", "--json").result["worker"]["id"] in refused.err


def test_pause_resume_and_cancel_change_the_state_and_say_it(run: Run) -> None:
    assert run("create", "train.py", "--name", "other").code == 0
    for command, state in (("pause", "paused"), ("resume", "active"), ("cancel", "cancelled")):
        answer = ("--yes",) if command == "cancel" else ()
        assert run(command, "other", *answer).out == f"other is {state}.\n"
        assert run("show", "other", "--json").result["state"] == f"STUDY_STATE_{state.upper()}"
    again = run("resume", "other")
    assert again.code == 1
    assert "cancelled" in again.err


def test_delete_and_cancel_want_a_name_and_without_a_terminal_yes(run: Run) -> None:
    for command in ("cancel", "delete"):
        assert run(command, "--yes").code == 2
        refused = run(command, "train")
        assert refused.code == 2
        assert "--yes" in refused.err
    assert run("status", "train").code == 0
    uid = run("show", "train", "--json").result["uid"]
    assert run("delete", "train", "--yes", "--json").result == {"deleted": "studies/train", "uid": uid}
    assert run("status", "train").code == 1


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_delete_asks_at_a_terminal(folder: Path, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "progenitor_cli", "delete", "train"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == code
    assert "9 completed" in err
    assert ("Deleted train." in out) == (answer == "y")


def test_watch_of_an_ended_study_ends_at_once(run: Run) -> None:
    watched = run("watch", "train", "--json")
    assert watched.code == 0
    assert {trial["name"] for trial in watched.lines} == {f"studies/train/trials/{n}" for n in range(1, 10)}
    assert "train is completed" in run("watch").out
    assert run("cancel", "train", "--yes").code == 1, "it is completed"


def test_watch_follows_a_study_that_is_trained_elsewhere(place: Place) -> None:
    place.train_file(steps=40, body="time.sleep(0.02)")
    training = place.start("run", "train.py", "--workers", "2")
    until(lambda: place.run("status").code == 0)
    watching = place.start("watch", "--json")
    assert training.wait(60) == 0
    out, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0
    newest = {trial["name"]: trial["state"] for trial in map(json.loads, out.splitlines())}
    assert newest == {trial["name"]: "TRIAL_STATE_COMPLETED" for trial in place.trials()}


def test_a_database_may_be_named_instead_of_a_folder(run: Run, folder: Path) -> None:
    (folder / ".progenitor").rename(folder / "moved")
    url = f"sqlite:///{folder / 'moved' / 'progenitor.db'}"
    assert run("status").code == 2
    assert run("status", "--database", url).code == 0
    both = run("status", "--database", url, "--controller", "127.0.0.1:1")
    assert both.code == 2
    assert "Give one of" in both.err


def test_what_is_said_on_the_command_line_beats_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROGENITOR_CONTROLLER", "127.0.0.1:1")
    assert "127.0.0.1:1" in run("status").err
    assert run("status", "--dir", ".progenitor").code == 0
    assert run("status", "--database", f"sqlite:///{Path('.progenitor/progenitor.db').resolve()}").code == 0


def test_the_next_controller_is_asked_if_the_first_does_not_answer(folder: Path) -> None:
    place = Place(folder)
    serving = place.start("serve", "--listen", "127.0.0.1:0", "--json")
    try:
        assert serving.stdout is not None
        address = json.loads(serving.stdout.readline())["address"]
        assert place.run("status", "--controller", f"127.0.0.1:1,{address}").code == 0
    finally:
        serving.terminate()
        serving.communicate(timeout=20)


def test_logs_follow_a_trial_after_the_run_that_trained_it_has_ended(place: Place) -> None:
    place.train_file(
        population=1, steps=60, body='print("step", step, flush=True); time.sleep(0.05)', more=""
    )
    training = place.start("run", "train.py", "--workers", "1")
    until(lambda: place.run("status").code == 0)
    newest = until(lambda: [trial["name"] for trial in place.trials() if trial["state"].endswith("RUNNING")])
    following = place.start("logs", newest[0].removeprefix("studies/"), "--follow")
    until(lambda: following.stdout and following.stdout.readline())
    training.send_signal(signal.SIGTERM)
    assert training.wait(60) == 143
    assert place.run("run", "train.py").code == 0
    assert following.stdout is not None
    assert "step" in following.stdout.read()
    assert following.wait(60) == 0


@pytest.mark.parametrize("name", ["train/x", "train/", "/7", "No Name/7", "train/0", "train/" + "9" * 5000])
def test_what_cannot_be_a_trials_name_is_a_usage_error(run: Run, name: str) -> None:
    refused = run("lineage", name)
    assert refused.code == 2
    assert refused.err.startswith("progenitor: ")


@pytest.mark.parametrize("address", ["nowhere", "http://127.0.0.1:1", "127.0.0.1:", ","])
def test_what_cannot_be_an_address_is_a_usage_error(run: Run, address: str) -> None:
    refused = run("status", "--controller", address)
    assert refused.code == 2
    assert "HOST:PORT" in refused.err


def test_output_that_cannot_be_written_is_told(folder: Path) -> None:
    for arguments in (["trials"], ["--help"], ["list", "--json"]):
        with Path("/dev/full").open("w") as full:
            ended = subprocess.run(
                [sys.executable, "-m", "progenitor_cli", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=60,
            )
        assert ended.returncode == 1, arguments
        assert "No space left" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_stream_that_cannot_show_a_character_shows_its_escape(folder: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "progenitor_cli", "trials"],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert shown.returncode == 0, shown.stderr
    assert b"1\\u20262" in shown.stdout


def test_completion_knows_commands_and_options(folder: Path) -> None:
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("progenitor"))],
        env=os.environ
        | {
            "_PROGENITOR_COMPLETE": "complete_bash",
            "COMP_WORDS": "progenitor li",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert {"list", "lineage"} <= set(shown.stdout.split()), shown.stderr
