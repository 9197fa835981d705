"""Files that survive a power cut: written, flushed to the disk, and only then visible."""

import os
from collections.abc import Iterator
from pathlib import Path


def flush(path: Path) -> None:
    """Waits until a file's contents, or a folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it; each new one's entry is on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        flush(folder.parent)


def contents(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, each folder after what is in it; links are not followed."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from contents(Path(entry.path))
            yield entry


def publish(staging: Path, final: Path, root: Path) -> None:
    """Makes the complete folder `staging` visible as `final`, in the same parent folder, and durable.

    So are the folders above it up to `root`, whoever made them. All but the last flush come together: on a file system
    with a journal the first of them writes what the others wait for.
    """
    for entry in contents(staging):
        flush(Path(entry.path))
    flush(staging)
    for folder in final.parent.parents:
        flush(folder)
        if folder == root:
            break
    staging.rename(final)
    flush(final.parent)
