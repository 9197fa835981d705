import json
import signal
import struct
import zlib
from pathlib import Path

import pytest
from tests.waiting import until

from progenitor_cli.client import Client
from progenitor_cli.embedded import start_controller
from progenitor_cli.folder import folder_at

from .place import Ended, Place, ended

Scores = dict[str, float]
SHORT = ("--steps", "20", "--ready-every", "4")
"""40 trials."""
KEYS = ["grid", "explore_only", "exploit_only", "pbt"]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Scores:
    """What SHORT scores."""
    return scores(Place(tmp_path_factory.mktemp("short")).run("demo", "--json", "--workers", "1", *SHORT))


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


def scores(found: Ended) -> Scores:
    assert found.code == 0, found.err
    result: Scores = found.result
    return result


def test_the_modes_without_chance_score_what_the_problem_says(place: Place) -> None:
    found = place.run("demo", "--json", "--figure", "drawn.png", timeout=180.0)
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


def test_what_is_inherited_changes_only_what_copies(place: Place, short: Scores) -> None:
    full = scores(place.run("demo", "--json", "--inheritance", "full", *SHORT))
    assert full["grid"] == short["grid"]
    assert full["explore_only"] == short["explore_only"]
    assert full["pbt"] != short["pbt"]


def test_the_scores_are_means_over_the_seeds_whatever_the_workers(place: Place, short: Scores) -> None:
    found = scores(place.run("demo", "--json", "--dir", "kept", "--seeds", "2", "--workers", "3", *SHORT))
    with (
        start_controller(folder_at(place.path / "kept").database_url) as controller,
        Client(controller.address) as client,
    ):
        statuses = [client.get_study_status(f"demo-explore-only-{seed}") for seed in (1, 2)]
    first, second = (status.best_trial.measurement.metrics["Q"] for status in statuses)
    assert first == short["explore_only"]
    assert second != first
    assert found["explore_only"] == pytest.approx((first + second) / 2)


def test_a_kept_demo_that_was_ended_goes_on_with_the_same_settings_only(place: Place, short: Scores) -> None:
    arguments = ("demo", "--json", "--dir", "kept", *SHORT, "--workers", "1")
    demo = place.start(*arguments)
    until(lambda: list((place.path / "kept").glob("logs/*/*.log")))
    demo.send_signal(signal.SIGTERM)
    assert ended(demo).code == 143
    other = place.run(*arguments, "--eta", "0.02")
    assert other.code == 2
    assert "other settings" in other.err
    assert scores(place.run(*arguments)) == short
    again = place.run(*arguments)
    assert scores(again) == short
    assert again.err.splitlines() == ["100%, 40 of 40 trials"]


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


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--steps", "-3"], "--steps"),
        (["--inheritance", "some"], "--inheritance"),
        (["--eta", "nan"], "--eta must be more than 0"),
        (["--eta", "0.51"], "at most 0.5"),
        (["--figure", "drawn.txt"], ".png"),
        (["--figure", "drawn.png", "--no-figure"], "--no-figure"),
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
