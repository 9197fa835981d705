"""`progenitor plot`: the files that come out, and the mistakes that it tells of."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .place import Place

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("trained"))
    place.train_file()
    assert place.run("run", "train.py").code == 0
    return place


def pixels(png: Path) -> tuple[int, int, bytes]:
    """Width, height and the unpacked rows."""
    data = png.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    return width, height, zlib.decompress(packed)


def test_the_files_are_pictures_and_are_named(trained: Place) -> None:
    found = trained.run("plot", "train", "--output", "a.png", "--output", "b.svg", "--json")
    assert found.code == 0, found.err
    assert found.result == {"study": "studies/train", "files": ["a.png", "b.svg"]}
    width, height, rows = pixels(trained.path / "a.png")
    assert width == 1200
    assert height > 600
    assert len(set(rows)) > 50, "a blank picture has one colour"
    root = ET.parse(trained.path / "b.svg").getroot()  # noqa: S314  our own file
    assert root.tag == f"{SVG}svg"
    assert len(list(root.iter(f"{SVG}path"))) > 50


def test_without_output_the_picture_is_named_after_the_study(trained: Place) -> None:
    found = trained.run("plot")
    assert (found.code, found.out) == (0, "train.png\n")
    assert pixels(trained.path / "train.png")[0] == 1200


def test_what_cannot_be_a_picture_is_a_usage_error_before_anything_is_read(trained: Place) -> None:
    for output, told in {"a.pdf": ".png or .svg", "nowhere/a.png": "no folder nowhere"}.items():
        found = trained.run("plot", "--output", output)
        assert found.code == 2
        assert told in found.err


def test_without_matplotlib_it_says_what_to_install(trained: Place) -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None; sys.argv = ['progenitor', 'plot'];"
        "from progenitor_cli.main import main; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=trained.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "pip install 'progenitor[plot]'" in ended.stderr
    assert "Traceback" not in ended.stderr
