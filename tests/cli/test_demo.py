import json
import signal
import struct
import zlib
from pathlib import Path

import pytest
from tests.waiting import until

from .place import Ended, Place, ended

SHORT = ("--steps", "20", "--ready-every", "4")
"""40 trials."""
KEYS = ["grid", "explore_only", "exploit_only", "pbt"]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a demo puts what it keeps for its own time only."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def picture(file: Path) -> tuple[int, int, int]:
    """Width and height in pixels, and how many bytes of the picture's rows differ (all alike: 1)."""
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    rows, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            rows += data[at + 8 : at + 8 + length]
        at += length + 12
    return width, height, len(set(zlib.decompress(rows)))


def scores(found: Ended) -> dict[str, float]:
    assert found.code == 0, found.err
    result: dict[str, float] = found.result
    return result


def test_the_modes_without_chance_score_what_the_problem_says(place: Place) -> None:
    found = place.run("demo", "--json", "--figure", "drawn.png")
    result = scores(found)
    assert list(result) == KEYS
    assert round(result["grid"], 4) == 0.3509
    assert round(result["exploit_only"], 4) == 0.8439
    assert result["explore_only"] > 0.6
    assert result["pbt"] > 0.7
    assert "100%, 600 of 600 trials" in found.err
    width, height, bytes_that_differ = picture(place.path / "drawn.png")
    assert width >= 1200
    assert height >= 500
    assert bytes_that_differ > 100


def test_several_steps_a_trial_score_what_the_problem_says(place: Place) -> None:
    found = place.run("demo", "--json", "--eta", "0.02", "--steps", "40", "--ready-every", "5")
    result = scores(found)
    assert round(result["grid"], 3) == 0.359
    assert round(result["exploit_only"], 3) == 0.857
    assert list(place.path.glob("*.png")) == []


def test_the_last_trial_is_shorter_where_the_steps_do_not_come_out_even(place: Place) -> None:
    result = scores(place.run("demo", "--json", "--steps", "5", "--ready-every", "2"))
    assert result["grid"] == pytest.approx(1.2 - 0.81 - 0.81 * 0.98**10)


def test_what_is_inherited_changes_only_what_copies(place: Place) -> None:
    weights = scores(place.run("demo", "--json", *SHORT))
    full = scores(place.run("demo", "--json", "--inheritance", "full", *SHORT))
    assert full["grid"] == weights["grid"]
    assert full["explore_only"] == weights["explore_only"]
    assert full["pbt"] != weights["pbt"]


def test_the_scores_do_not_depend_on_the_number_of_workers(place: Place) -> None:
    one = scores(place.run("demo", "--json", "--seeds", "2", "--workers", "1", *SHORT))
    three = scores(place.run("demo", "--json", "--seeds", "2", "--workers", "3", *SHORT))
    assert one == three


def test_the_scores_are_means_over_the_seeds(place: Place) -> None:
    """A kept demo of one seed goes on with the second one."""
    first = scores(place.run("demo", "--json", "--dir", "kept", *SHORT))
    both = scores(place.run("demo", "--json", "--dir", "kept", "--seeds", "2", *SHORT))
    best = [
        place.run("status", "--dir", "kept", "--json", f"demo-explore-only-{seed}").result["best_trial"]
        for seed in (1, 2)
    ]
    qualities = [trial["measurement"]["metrics"]["Q"] for trial in best]
    assert first["explore_only"] == qualities[0]
    assert both["explore_only"] == pytest.approx(sum(qualities) / 2)
    assert qualities[0] != qualities[1]


def test_a_kept_demo_is_not_trained_again_and_takes_no_other_settings(place: Place) -> None:
    first = scores(place.run("demo", "--json", "--dir", "kept", *SHORT))
    again = place.run("demo", "--json", "--dir", "kept", *SHORT)
    assert scores(again) == first
    assert again.err.splitlines() == ["100%, 40 of 40 trials"]
    other = place.run("demo", "--json", "--dir", "kept", "--eta", "0.02", *SHORT)
    assert other.code == 2
    assert "--dir" in other.err


def test_text_names_the_modes_their_scores_and_the_figure(place: Place, temporary: Path) -> None:
    found = place.run("demo", "--seeds", "2", *SHORT)
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    for line, mode in zip(lines[-5:-1], ("grid", "explore only", "exploit only", "PBT"), strict=True):
        assert line.strip().startswith(mode)
        assert "±" in line
    assert lines[-1] == "Figure: demo.png"
    assert picture(place.path / "demo.png")[2] > 100
    assert list(temporary.iterdir()) == []


def test_ctrl_c_ends_it_and_leaves_nothing(place: Place, temporary: Path) -> None:
    demo = place.start("demo", "--seeds", "50")
    until(lambda: list(temporary.glob("*/logs/*/*.log")))
    demo.send_signal(signal.SIGINT)
    found = ended(demo)
    assert found.code == 130
    assert "Ended as asked" in found.err
    assert list(temporary.iterdir()) == []
    assert list(place.path.glob("*.png")) == []


def test_a_kept_demo_that_was_ended_goes_on(place: Place) -> None:
    arguments = ("demo", "--json", "--dir", "kept", "--steps", "30")
    demo = place.start(*arguments)
    until(lambda: list((place.path / "kept").glob("logs/*/*.log")))
    demo.send_signal(signal.SIGTERM)
    assert ended(demo).code == 143
    went_on = scores(place.run(*arguments))
    assert went_on == scores(place.run("demo", "--json", "--steps", "30"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--steps", "0"], "--steps"),
        (["--steps", "-3"], "--steps"),
        (["--ready-every", "0"], "--ready-every"),
        (["--seeds", "0"], "--seeds"),
        (["--workers", "0"], "--workers"),
        (["--inheritance", "some"], "--inheritance"),
        (["--eta", "0"], "--eta must be more than 0"),
        (["--eta", "nan"], "--eta must be more than 0"),
        (["--eta", "0.51"], "at most 0.5"),
        (["--figure", "drawn.txt"], ".png"),
        (["--figure", "nowhere/drawn.png"], "nowhere"),
    ],
)
def test_a_mistake_is_told_before_anything_is_trained(
    place: Place, temporary: Path, arguments: list[str], named: str
) -> None:
    found = place.run("demo", *arguments)
    assert found.code == 2
    assert named in found.err
    assert found.out == ""
    assert list(temporary.iterdir()) == []


def test_without_the_drawing_package_the_one_to_install_is_named(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden" / "matplotlib"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError(name='matplotlib')")
    monkeypatch.setenv("PYTHONPATH", str(hidden.parent))
    found = place.run("demo", *SHORT)
    assert found.code == 2
    assert "pip install 'progenitor[plot]'" in found.err
    assert json.loads(place.run("demo", "--json", "--steps", "1").out)["grid"] < 0.0
