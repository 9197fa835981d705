"""A worker's name is its place's: held by one process, the same after a restart, its incarnation always greater."""

import subprocess
import sys
from pathlib import Path

import pytest

from progenitor_worker.devices import slots, visible_gpus
from progenitor_worker.place import MAX_NAME, Place, PlaceError, PlaceTaken

HOLD = """
import sys
from pathlib import Path
from progenitor_worker.place import Place
place = Place.take(Path(sys.argv[1]))
print(place.id, place.incarnation, flush=True)
sys.stdin.read()
"""


def holder(state: Path) -> tuple[subprocess.Popen[str], str, int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name, incarnation = process.stdout.readline().split()
    return process, name, int(incarnation)


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_place_is_held_by_one_process_and_comes_back_with_a_greater_incarnation(tmp_path: Path) -> None:
    process, name, incarnation = holder(tmp_path)
    try:
        other = Place.take(tmp_path)
        assert other.id != name
        with pytest.raises(PlaceTaken, match="held by another process"):
            Place.take(tmp_path, slot=0)
        other.release()
    finally:
        end(process)
    again = Place.take(tmp_path)
    assert again.id == name
    assert again.incarnation > incarnation
    again.release()


def test_names_of_two_folders_differ_and_a_given_name_is_kept(tmp_path: Path) -> None:
    a, b = Place.take(tmp_path / "a"), Place.take(tmp_path / "b")
    named = Place.take(tmp_path / "c", name="gpu-box")
    assert a.id != b.id
    assert named.id == "gpu-box-0"
    for place in (a, b, named):
        place.release()


def test_an_incarnation_grows_even_if_its_file_is_lost_or_the_clock_was_ahead(tmp_path: Path) -> None:
    first = Place.take(tmp_path)
    first.release()
    (tmp_path / "0.incarnation").unlink()
    second = Place.take(tmp_path)
    second.release()
    assert second.incarnation >= first.incarnation
    (tmp_path / "0.incarnation").write_text(str(2**62))
    third = Place.take(tmp_path)
    third.release()
    assert third.incarnation == 2**62 + 1


def test_a_worker_for_each_visible_gpu_else_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    assert visible_gpus() == ["2", "5"]
    assert slots(8) == [{"CUDA_VISIBLE_DEVICES": "2"}, {"CUDA_VISIBLE_DEVICES": "5"}]
    assert slots(1) == [{"CUDA_VISIBLE_DEVICES": "2"}]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []
    assert slots(1) == [{}]


def test_a_name_that_is_too_long_is_an_error_instead_of_being_cut(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="at most 150 characters, this has 151"):
        Place.take(tmp_path, None, "n" * (MAX_NAME + 1))
    Place.take(tmp_path, None, "n" * MAX_NAME).release()
