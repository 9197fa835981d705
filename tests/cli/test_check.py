"""`progenitor check` as a user runs it, and the doubts that `run` and `work` tell by themselves."""

import json
import shutil
from pathlib import Path

import pytest

from .place import Place

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ANEW = ("if session.warm_start:", "if False:")
FORGOTTEN = (
    'json.loads((session.warm_start / "state.json").read_text())',
    "len(str(session.warm_start)) / 7",
)
PICKLED = (
    '(folder / "state.json").write_text(json.dumps(score))',
    (
        '(folder / "state.json").write_text(json.dumps(score))\n        import pickle\n'
        '        (folder / "all.pkl").write_bytes(pickle.dumps(Path("x").exists))'
    ),
)


def write(place: Place, *changes: tuple[str, str], population: int = 3) -> None:
    file = place.train_file(population=population)
    source = file.read_text()
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    file.write_text(source)


def test_a_good_file_ends_with_0_and_a_line_for_each_check(place: Place) -> None:
    write(place)
    found = place.run("check", "train.py")
    assert found.code == 0, found.out + found.err
    lines = found.out.splitlines()
    assert sum(line.startswith("✓ ") for line in lines) == 7
    assert sum(line.startswith("– ") for line in lines) == 1
    assert "train.py: nothing must change; 1 could not be told." in lines
    assert any(line.startswith("A step takes ") for line in lines)
    assert any(line.startswith("A checkpoint takes ") for line in lines)
    assert not place.folder.exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (ANEW, "✗ train never looked at session.warm_start"),
        (FORGOTTEN, "✗ score was "),
        (PICKLED, "✗ the checkpoint runs code when it is loaded: all.pkl holds "),
    ],
)
def test_what_must_change_ends_with_1_and_what_to_do(
    place: Place, change: tuple[str, str], told: str
) -> None:
    write(place, change)
    found = place.run("check", "train.py")
    assert found.code == 1
    assert told in found.out
    assert "train.py: 1 thing must change" in found.out
    (at,) = [number for number, line in enumerate(found.out.splitlines()) if line.startswith("✗")]
    assert found.out.splitlines()[at + 1].startswith("    ")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("os._exit(0)", "ended with exit code 0"),
        ("os.kill(os.getpid(), 9)", "ended by SIGKILL"),
        ("class Odd(Exception):\n            __str__ = None\n        raise Odd", "message cannot be read"),
        (r"raise ValueError('\ud800')", "ValueError"),
        ("sys.stdout.close(); sys.stderr = None", ""),
        ("os.fork()", ""),
        ("atexit.register(print, 'bye')", ""),
        ("json.dumps = lambda *a, **k: '1.0'", ""),
    ],
)
def test_one_line_is_told_whatever_user_code_does_to_its_process(place: Place, line: str, told: str) -> None:
    write(
        place,
        (
            "score = 0.0",
            f"import atexit, os, sys\n        {line}\n        score = 0.0".replace("        ", "    "),
        ),
    )
    found = place.run("check", "train.py", "--json")
    report = found.result
    assert found.code == (0 if report["ok"] else 1)
    failed = [finding["message"] for finding in report["findings"] if finding["result"] == "failed"]
    assert any(told in message for message in failed) or not told
    assert "progenitor_cli" not in found.err


def test_json_is_one_line_whatever_the_user_prints(place: Place) -> None:
    write(place, ("score = 0.0", 'print("hello"); import os; os.system("echo from a child"); score = 0.0'))
    found = place.run("check", "train.py", "--json")
    assert found.code == 0
    assert found.result["file"] == "train.py"
    assert found.result["ok"] is True
    assert found.result["checkpoint_bytes"] > 0
    assert found.result["seconds_per_step"] >= 0
    assert {finding["result"] for finding in found.result["findings"]} == {"passed", "unseen"}
    assert all(set(finding) == {"check", "result", "message"} for finding in found.result["findings"])
    assert "hello" in found.err
    assert "from a child" in found.err


def test_a_file_that_cannot_be_loaded_fails_without_a_line_of_ours(place: Place) -> None:
    place.write("train.py", "import no_such_module\n")
    found = place.run("check", "train.py", "--json")
    assert found.code == 1
    (finding,) = found.result["findings"]
    assert "no_such_module" in finding["message"]
    assert "progenitor_" not in found.out + found.err


def test_a_file_that_is_not_there_is_a_usage_error(place: Place) -> None:
    found = place.run("check", "nowhere.py")
    assert found.code == 2
    assert "There is no file nowhere.py" in found.err


@pytest.mark.parametrize("example", ["digits.py", "triangle_wave.py", "sklearn_sgd.py"])
def test_an_example_has_nothing_to_change(place: Place, example: str) -> None:
    shutil.copy(EXAMPLES / example, place.path)
    found = place.run("check", example)
    assert found.code == 0, found.out


def test_a_command_is_checked_as_far_as_it_can_be_seen(place: Place) -> None:
    place.train_file()
    place.write(
        "train.sh",
        """
        score=$(cat "$PROGENITOR_WARM_START/score" 2>/dev/null || echo 0)
        score=$((score + PROGENITOR_END_STEP - PROGENITOR_START_STEP))
        echo "$score" > "$PROGENITOR_CHECKPOINT/score"
        echo '{"metrics": {"score": '"$score"'}}' >> "$PROGENITOR_METRICS"
        """,
    )
    found = place.run("check", "train.py", "--command", "sh train.sh", "--json")
    assert found.code == 0, found.out
    results = {finding["check"]: finding["result"] for finding in found.result["findings"]}
    assert (results["warm_start"], results["hyperparameters"]) == ("unseen", "unseen")
    assert (results["goes_on"], results["restored"], results["pickles"]) == ("passed",) * 3
    failing = place.run("check", "train.py", "--command", '[ -z "$PROGENITOR_WARM_START" ]', "--json")
    assert failing.code == 1


def test_run_warns_once_and_trains_on(place: Place) -> None:
    write(place, ANEW, PICKLED)
    found = place.run("run", "train.py")
    assert found.code == 0, found.err
    warnings = [line for line in found.out.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == 2
    assert sum("never looked at session.warm_start" in line for line in warnings) == 1
    assert sum("all.pkl" in line for line in warnings) == 1
    assert all("progenitor check" in line for line in warnings)


def test_run_warns_of_nothing_in_a_good_file(place: Place) -> None:
    write(place)
    found = place.run("run", "train.py")
    assert found.code == 0, found.err
    assert "Warning" not in found.out + found.err


def test_the_result_as_json_is_apart_from_the_warnings(place: Place) -> None:
    write(place, ANEW)
    found = place.run("run", "train.py", "--json")
    assert found.code == 0, found.err
    assert json.dumps(found.result)
    assert found.err.count("Warning: ") == 1
