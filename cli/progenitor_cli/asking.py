"""Questions before what cannot be undone."""

import sys

import typer

from .errors import ProgenitorError, UsageError


def confirmed(question: str, *, yes: bool) -> None:
    """Asks at a terminal, unless the answer was given as --yes. Raises ProgenitorError if it is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask at: say --yes to go on unasked.")
    if not typer.confirm(f"{question} This cannot be undone.", err=True):
        raise ProgenitorError("Nothing was changed.")
