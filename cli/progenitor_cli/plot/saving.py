"""Writes a picture to files; the ending of a name says which kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (".png", ".svg")


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
    with whole_file(output) as partly, mpl.rc_context({"svg.hashsalt": "progenitor"}):
        figure.savefig(partly, format=kind, metadata=metadata)
