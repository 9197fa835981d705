"""Code in a checkpoint is found in whatever file it lies, without running it."""

import bz2
import collections
import gzip
import io
import lzma
import pickle
import random
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import joblib  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from progenitor_worker.checking.checkpoint_code import code_in


class Bomb:
    """Unpickled, it tells on itself."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return exec, ("raise SystemExit('it was loaded')",)


PLAIN = {
    "w": np.arange(3.0),
    "rng": np.random.default_rng(3),
    "state": random.getstate(),
    "order": collections.OrderedDict(a=1),
    "set": {1, 2},
    "bytes": b"\x00\xff",
    "half": np.float32(0.5),
    "when": datetime.now(UTC),
    "part": Fraction(1, 3),
    "path": Path("w"),
    "scalar": np.int64(2),
    "empty": None,
    "complex": 1j,
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numbers_arrays_and_containers_are_harmless(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "state.pkl").write_bytes(pickle.dumps(PLAIN, protocol))
    assert code_in(tmp_path) == {}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_a_pickle_calls_is_named(tmp_path: Path, protocol: int) -> None:
    (tmp_path / "state.pkl").write_bytes(pickle.dumps([PLAIN, Bomb(), SGDClassifier()], protocol))
    (code,) = code_in(tmp_path).values()
    assert {"builtins.exec", "sklearn.linear_model._stochastic_gradient.SGDClassifier"} <= set(code)


def test_a_name_that_was_used_before_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(pickle.dumps(["builtins", "exec", Bomb(), Bomb()], 4))
    assert code_in(tmp_path) == {"a": ["builtins.exec"]}


def archive(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("archive/version", b"3\n")
        written.writestr(name, data)
    return file.getvalue()


def array(value: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([value, None], dtype=object), allow_pickle=True)
    return file.getvalue()


def legacy(data: bytes) -> bytes:
    """As torch.save wrote it up to 1.5: pickles one after the other, and then the weights."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    return magic + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2) + data + bytes(range(256))


FORMS: dict[str, Callable[[bytes, object], bytes]] = {
    "a file without a name that tells": lambda data, _: data,
    "torch.save": lambda data, _: archive("archive/data.pkl", data),
    "torch.save of old": lambda data, _: legacy(data),
    "npy": lambda _, value: array(value),
    "npz": lambda _, value: archive("w.npy", array(value)),
    "gzip": lambda data, _: gzip.compress(data),
    "zlib": lambda data, _: zlib.compress(data),
    "bz2": lambda data, _: bz2.compress(data),
    "xz": lambda data, _: lzma.compress(data),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("most", [None, 1 << 16])
def test_code_is_found_in_every_form(tmp_path: Path, form: str, most: int | None) -> None:
    (tmp_path / "sub").mkdir()
    harmful, harmless = Bomb(), {"w": 1.0}
    (tmp_path / "sub" / "bad").write_bytes(FORMS[form](pickle.dumps(harmful, 2), harmful))
    (tmp_path / "good").write_bytes(FORMS[form](pickle.dumps(harmless, 2), harmless))
    assert code_in(tmp_path, most) == {"sub/bad": ["builtins.exec"]}


@pytest.mark.parametrize("compress", [0, 3])
def test_an_estimator_that_joblib_saved_is_code(tmp_path: Path, compress: int) -> None:
    joblib.dump(SGDClassifier(), tmp_path / "model.joblib", compress=compress)
    assert "SGDClassifier" in str(code_in(tmp_path))


def test_other_files_hold_no_code_whatever_their_bytes_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.arange(4.0))
    np.save(tmp_path / "w.npy", np.arange(4.0))
    (tmp_path / "state.json").write_text('{"w": 1.0}')
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.bin").write_text("cats\nand dogs\n")
    (tmp_path / "short.npy").write_bytes(b"\x93NUMPY")
    (tmp_path / "xylophone.txt").write_text("x")
    draw = random.Random(5)
    for number, beginning in enumerate(
        (b"\x80\x02", b"\x80\x04", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"x\x9c", b"BZh9")
    ):
        (tmp_path / f"random-{number}").write_bytes(beginning + draw.randbytes(4096))
    assert code_in(tmp_path) == {}


def test_a_damaged_file_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = pickle.dumps([Bomb(), list(range(1000))], 4)
    (tmp_path / "cut.pkl").write_bytes(whole[: len(whole) // 2])
    assert code_in(tmp_path) == {"cut.pkl": ["builtins.exec"]}
