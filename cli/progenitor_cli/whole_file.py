"""Files that are there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import NotWritten


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside it to write to, which takes its place at the end. Raises NotWritten."""
    partly = path.with_name(f".{path.stem}.partly{path.suffix}")
    try:
        yield partly
        partly.replace(path)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        partly.unlink(missing_ok=True)
