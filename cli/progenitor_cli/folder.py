"""`.progenitor/`: what a run keeps, who holds it, and where its controller listens."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import FolderInUse, UsageError

PATIENCE = 1.0
"""Seconds that a run waits for the lock: somebody who only asks whether it is held has it for a moment."""


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path  # absolute

    @property
    def database(self) -> Path:
        return self.root / "progenitor.db"

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.database}"

    @property
    def checkpoints(self) -> Path:
        return self.root / "checkpoints"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def workers(self) -> Path:
        return self.root / "workers"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def address(self) -> Path:
        return self.root / "address"


def folder_at(path: Path) -> Folder:
    """Raises UsageError for what cannot be a folder's path, as in a working directory that is gone."""
    try:
        return Folder(path.expanduser().resolve())
    except (OSError, RuntimeError) as error:
        raise UsageError(f"The folder {path} cannot be found: {error}") from error


def make(folder: Folder) -> None:
    """Makes the folder, ignored by git whole; raises UsageError if that is not allowed."""
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        ignored = folder.root / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n")
    except OSError as error:
        raise UsageError(f"Cannot make the folder {folder.root}: {error.strerror}") from error


@contextmanager
def held(folder: Folder, command: str) -> Iterator[None]:
    """Makes the folder and holds its lock, which a killed process lets go; raises FolderInUse."""
    make(folder)
    try:
        descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise UsageError(f"Cannot write in the folder {folder.root}: {error.strerror}") from error
    try:
        if not locked_in_time(descriptor):
            raise FolderInUse(held_message(folder))
        folder.address.unlink(missing_ok=True)  # of a holder that was killed
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextmanager
def announced(folder: Folder, address: str) -> Iterator[None]:
    """While it lasts, the address stands in the folder; the lock is held."""
    written = folder.root / "address.new"
    written.write_text(f"{address}\n")
    written.replace(folder.address)
    try:
        yield
    finally:
        folder.address.unlink(missing_ok=True)


def running_address(folder: Folder) -> str | None:
    """Where the controller of the folder's holder listens; None if nobody holds it or it has not started yet."""
    if not is_held(folder):
        return None
    try:
        return folder.address.read_text().strip() or None
    except FileNotFoundError:
        return None


def is_held(folder: Folder) -> bool:
    try:
        descriptor = os.open(folder.lock, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def locked_in_time(descriptor: int) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        else:
            return True


def held_message(folder: Folder) -> str:
    try:
        holder = json.loads(folder.lock.read_text())
        who = f"`progenitor {holder['command']}` (process {holder['pid']})"
    except (ValueError, KeyError):
        who = "another process"
    address = running_address(folder)
    where = f", its controller listens at {address}" if address else ""
    return (
        f"{folder.root} is in use by {who}{where}.\n"
        "Wait until it ends, end it, or give this run another folder with --dir.\n"
        "`progenitor status` shows how far it is."
    )
