"""Which code a checkpoint's files would run when they are loaded, found without loading anything.

Pickles lie in files of their own, compressed or not; in what torch.save writes, a zip archive; and in arrays of Python
objects, .npy and .npz.
"""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from ..durable import contents
from .harmless import is_harmless
from .pickles import BEGINNING, names_in, names_in_old

PICKLED = (".pkl", ".pickle", ".p", ".joblib", ".pt", ".pth", ".ckpt", ".bin")
"""Names of files that may hold a pickle of the oldest protocols."""
ZIP, NPY = b"PK\x03\x04", b"\x93NUMPY"
OPENERS: Mapping[bytes, Callable[[IO[bytes], int | None], Any]] = {
    b"\x1f\x8b": lambda file, _: gzip.GzipFile(fileobj=file),
    b"BZh": lambda file, _: bz2.BZ2File(file),
    b"\xfd7zXZ": lambda file, _: lzma.LZMAFile(file),  # noqa: SIM115  the file below is closed
    b"\x5d\x00\x00": lambda file, _: lzma.LZMAFile(file),  # noqa: SIM115  the file below is closed
    b"\x78": lambda file, most: BytesIO(inflated(file, most)),
}
"""By the first bytes of a compressed file."""


def code_in(folder: Path, most: int | None = None) -> dict[str, list[str]]:
    """For each file of a checkpoint that runs code when it is loaded, the names of that code.

    With `most` only so many bytes of each pickle are looked at. Raises OSError.
    """
    files = sorted(Path(entry.path) for entry in contents(folder) if entry.is_file())
    found = {file.relative_to(folder).as_posix(): code_in_file(file, most) for file in files}
    return {name: code for name, code in found.items() if code}


def code_in_file(file: Path, most: int | None = None) -> list[str]:
    with file.open("rb") as opened:
        named = set(names(opened, file.name, most))
    return sorted(name for name in named if not is_harmless(name))


def names(file: IO[bytes], called: str, most: int | None) -> Iterator[str]:
    head = file.read(8)
    file.seek(0)
    if head.startswith(ZIP):
        yield from names_in_archive(file, most)
    elif head.startswith(NPY):
        yield from names_in_array(file, most)
    else:
        yield from names_in_file(file, head, called, most)


def names_in_file(file: IO[bytes], head: bytes, called: str, most: int | None) -> Iterator[str]:
    try:
        opened = bounded(unpacked(file, head, most), most)
        beginning = opened.read(2)
        opened.seek(0)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return  # it only looked like a compressed one
    if BEGINNING.match(beginning):
        yield from names_in(opened)
    elif called.lower().endswith(PICKLED):
        yield from names_in_old(opened)


def unpacked(file: IO[bytes], head: bytes, most: int | None) -> IO[bytes]:
    """The file itself unless it is a compressed one."""
    for beginning, opener in OPENERS.items():
        if head.startswith(beginning):
            try:
                opened: IO[bytes] = opener(file, most)
            except (OSError, zlib.error, lzma.LZMAError):
                file.seek(0)
            else:
                return opened
    return file


def inflated(file: IO[bytes], most: int | None) -> bytes:
    return zlib.decompressobj().decompress(file.read(most or -1), most or 0)


def names_in_archive(file: IO[bytes], most: int | None) -> Iterator[str]:
    """Of torch.save's archives the .pkl within, of numpy's the arrays of objects."""
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                if name.endswith((".pkl", ".npy")):
                    with archive.open(name) as entry:
                        yield from names(BytesIO(entry.read(most or -1)), name, most)
    except Exception:  # noqa: BLE001  damaged, encrypted, or compressed in another way: zipfile raises many things
        return


def names_in_array(file: IO[bytes], most: int | None) -> Iterator[str]:
    """https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"""
    width = 2 if file.read(8)[6:7] == b"\x01" else 4
    header = file.read(int.from_bytes(file.read(width), "little"))
    if b"|O" in header:
        yield from names_in(bounded(file, most))


def bounded(file: IO[bytes], most: int | None) -> IO[bytes]:
    return file if most is None else BytesIO(file.read(most))
