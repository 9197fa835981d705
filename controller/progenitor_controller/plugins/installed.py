"""The plug-ins that are installed beside the controller, by the entry points of their distributions."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..algorithms.custom.interfaces import (
    AlgorithmPlugin,
    ExplorationPlugin,
    Kind,
    Options,
    SelectionPlugin,
    StoppingPlugin,
)

FUNCTIONS = {
    Kind.SELECTION: "select",
    Kind.EXPLORATION: "explore",
    Kind.ALGORITHM: "begin",
    Kind.STOPPING: "should_stop",
}
"""What a plug-in of each kind must have."""


class NotAPlugIn(TypeError):
    """What an entry point names is no plug-in of that kind."""


def group(kind: Kind) -> str:
    """The entry points' group."""
    return f"progenitor.{kind}"


def names(kind: Kind) -> list[str]:
    """Of those installed now; nothing of them is loaded."""
    return sorted({found.name for found in entry_points(group=group(kind))})


def unknown(kind: Kind, name: str) -> str | None:
    """Why there is no such plug-in here, in words; None if there is."""
    try:
        _entry(kind, name)
    except LookupError as error:
        return str(error.args[0])
    return None


def loaded(kind: Kind, name: str) -> Any:
    """Raises LookupError if there is none of that name, NotAPlugIn, and what its import raises."""
    entry = _entry(kind, name)
    plug_in = entry.load()
    function = FUNCTIONS[kind]
    if not callable(getattr(plug_in, function, None)):
        raise NotAPlugIn(f"{entry.value}, the {kind} {name!r}, has no function {function!r}")
    return plug_in


def checked_by(kind: Kind, name: str) -> Callable[[Options], object]:
    """What checks options; it accepts all of them if the plug-in has no `check`. Raises what `loaded` raises."""
    found: Callable[[Options], object] = getattr(loaded(kind, name), "check", accept)
    return found


def accept(_options: Options) -> None:
    """All of them."""


class Installed:
    """`PlugIns`, each loaded when it is first asked for."""

    def selection(self, name: str) -> SelectionPlugin:
        found: SelectionPlugin = loaded(Kind.SELECTION, name)
        return found

    def exploration(self, name: str) -> ExplorationPlugin:
        found: ExplorationPlugin = loaded(Kind.EXPLORATION, name)
        return found

    def algorithm(self, name: str) -> AlgorithmPlugin:
        found: AlgorithmPlugin = loaded(Kind.ALGORITHM, name)
        return found

    def stopping(self, name: str) -> StoppingPlugin:
        found: StoppingPlugin = loaded(Kind.STOPPING, name)
        return found


INSTALLED = Installed()


@cache
def _entry(kind: Kind, name: str) -> EntryPoint:
    """Looking takes some milliseconds. One that is missing is looked for again, as it may be installed meanwhile."""
    found = {each.value: each for each in entry_points(group=group(kind), name=name)}
    if len(found) > 1:
        raise LookupError(f"{kind} {name!r} is installed more than once: {', '.join(sorted(found))}")
    for each in found.values():
        return each
    others = ", ".join(names(kind)) or "none"
    raise LookupError(f"no {kind} {name!r} is installed here; installed: {others}")
