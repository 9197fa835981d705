"""Checkpoints in a folder that all workers of a study see, a local disk or a shared mount.

A checkpoint lies in `<study uid>/<trial>/<epoch>/<step>-<random>` below the store's root: two holders of a trial have
different epochs, so they never write the same place. The controller knows it by that path, relative to the root, so
that machines may mount the store where they like.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .durable import contents, make_folder, publish

STAGING = ".staging-"
CHUNK = 1 << 20
VERIFIED_BYTES = 64 << 20
"""Up to this size a warm start is read once more to compare its digest; beyond it the reading would cost too much."""


class CheckpointError(Exception):
    """A checkpoint cannot be saved or cannot be started from."""


class StoreElsewhere(CheckpointError):
    """This store has nothing of the trial that saved the checkpoint: other workers keep theirs in another one."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A checkpoint that is complete, durable and visible. `size` in bytes; `uri` relative to the store's root."""

    uri: str
    step: int
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose checkpoints are written: a trial under one epoch."""

    study_uid: str
    trial: int
    epoch: int

    @property
    def name(self) -> str:
        return f"{self.study_uid}/{self.trial}/{self.epoch}"

    @property
    def folder(self) -> Path:
        return Path(self.name)


class CheckpointStore:
    """`location` is a folder or a file:// URL."""

    def __init__(self, location: str | Path) -> None:
        self.root = local_path(location)

    def find(self, uri: str, digest: str = "") -> Path:
        """The folder of a checkpoint to start from, relative to the root or absolute; raises CheckpointError.

        With a digest, a folder of up to 64 MiB is compared with it, and a larger one by nothing but its presence.
        """
        path = self._locate(uri)
        relative = path.is_relative_to(self.root)
        if relative and not path.is_dir() and not path.parent.parent.is_dir():
            raise StoreElsewhere(
                f"this worker does not see the study's checkpoints: {uri!r} is not in {self.root}; "
                "give it the same --store as the other workers"
            )
        if not path.is_dir():
            raise CheckpointError(f"the checkpoint {uri!r} is not in the store {self.root}")
        if digest and size_of(path) <= VERIFIED_BYTES and digest_of(path) != digest:
            raise CheckpointError(
                f"the checkpoint {path} was changed after it was registered: its digest differs"
            )
        return path

    def _locate(self, uri: str) -> Path:
        if uri.startswith("file:") or Path(uri).is_absolute():
            return local_path(uri)
        path = Path(os.path.normpath(self.root / uri))
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise CheckpointError(f"the checkpoint {uri!r} lies outside the store {self.root}")
        return path

    @contextmanager
    def save(self, holder: Holder, step: int) -> Iterator["Saving"]:
        """Gives a folder to fill; what was put there is a checkpoint when the block ends without an exception."""
        parent = self._folder_of(holder)
        name = f"{step}-{secrets.token_hex(4)}"
        staging = parent / f"{STAGING}{name}"
        staging.mkdir()
        saving = Saving(staging)
        try:
            yield saving
            check_contents(staging)
            digest, size = digest_of(staging), size_of(staging)
            publish(staging, parent / name, self.root)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)  # what remains is never visible and is cleared later
            raise
        saving.saved = Saved((holder.folder / name).as_posix(), step, size, digest)

    @contextmanager
    def scratch(self, holder: Holder) -> Iterator[Path]:
        """A folder on the disk where this holder's checkpoints lie, gone when the block ends."""
        parent = self._folder_of(holder)
        folder = parent / f"{STAGING}scratch-{secrets.token_hex(4)}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # what remains is cleared by the trial's next holder

    def _folder_of(self, holder: Holder) -> Path:
        """Made, and durable once something is published in it."""
        make_folder(self.root)
        folder = self.root / holder.folder
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clear_staging(self, holder: Holder) -> None:
        """Removes what earlier holders of this trial left half-written."""
        for staging in (self.root / holder.study_uid / str(holder.trial)).glob(f"*/{STAGING}*"):
            if int(staging.parent.name) < holder.epoch:
                shutil.rmtree(staging, ignore_errors=True)  # another may be clearing it too


class Saving:
    """A checkpoint in the making: `saved` is set once it is visible."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.saved: Saved | None = None


def local_path(location: str | Path) -> Path:
    """Raises CheckpointError for a URL that is not file://."""
    if isinstance(location, Path):
        return location.absolute()
    parts = urlsplit(location)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    if "://" in location:
        raise CheckpointError(
            f"{location!r} is not a checkpoint store: it must be a folder or file:///folder"
        )
    return Path(location).absolute()


def check_contents(folder: Path) -> None:
    """A checkpoint has at least one file, and nothing but files and folders."""
    entries = list(contents(folder))
    for entry in entries:
        if not entry.is_file(follow_symlinks=False) and not entry.is_dir(follow_symlinks=False):
            raise CheckpointError(
                f"a checkpoint must hold files and folders only, {entry.name!r} is something else"
            )
    if not any(entry.is_file() for entry in entries):
        raise CheckpointError(
            "the checkpoint is empty: write at least one file into the folder that is given"
        )


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(entry.stat().st_size for entry in contents(folder) if entry.is_file())


def digest_of(folder: Path) -> str:
    """`sha256:<hex>` over each file in byte order of the paths: path, NUL, size, NUL, contents.

    The path is relative to the folder with `/` between its parts, in UTF-8; the size in decimal digits.
    """
    files = sorted(
        (os.fsencode(Path(entry.path).relative_to(folder).as_posix()), Path(entry.path))
        for entry in contents(folder)
        if entry.is_file()
    )
    found = hashlib.sha256()
    for name, path in files:
        found.update(b"%s\0%d\0" % (name, path.stat().st_size))
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
    return f"sha256:{found.hexdigest()}"
