"""Writes a picture to files; the ending of a name says which kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import CliError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (".png", ".svg")


class NotWritten(CliError):
    """A picture could not be written."""


def checked(outputs: Sequence[Path]) -> None:
    """Raises UsageError for a file that cannot be a picture."""
    for output in outputs:
        if output.suffix.lower() not in KINDS:
            raise UsageError(f"--output {str(output)!r}: a picture's name ends with {' or '.join(KINDS)}.")
        if not output.parent.is_dir():
            raise UsageError(f"--output {str(output)!r}: there is no folder {output.parent}.")


def save(figure: "Figure", output: Path) -> None:
    """The same picture gives the same file. Raises NotWritten."""
    import matplotlib as mpl

    kind = output.suffix.lower().removeprefix(".")
    metadata: dict[str, str | None] = {"Date": None} if kind == "svg" else {"Software": None}
    try:
        with mpl.rc_context({"svg.hashsalt": "progenitor"}):
            figure.savefig(output, format=kind, metadata=metadata)
    except OSError as error:
        raise NotWritten(f"{output} cannot be written: {error.strerror or error}") from error
