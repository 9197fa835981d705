"""What a plug-in is: a module, or any object, that has the function of its kind.

Any of them may have `check(options)` too: it raises ValueError for options that are wrong, when a study is created.
A function is given its own copy of the study's options. Draws are made from `stream` alone, which is another one for
each decision: then the same stored trials give the same decision wherever and whenever it is made.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from progenitor_storage.model.spec import Parameters
from progenitor_storage.model.trial import Candidate

from ..streams import Stream
from .questions import Beginning, Exploring, GoingOn, Running, Selecting

Options = Mapping[str, Any]
"""JSON values, by name; whole numbers are int."""


class Kind(StrEnum):
    SELECTION = "selection"
    EXPLORATION = "exploration"
    ALGORITHM = "algorithm"
    STOPPING = "stopping"


class SelectionPlugin(Protocol):
    def select(self, question: Selecting, options: Options, stream: Stream, /) -> Candidate | None:
        """One of those in question, or None: the place goes on from its own."""


class ExplorationPlugin(Protocol):
    def explore(self, question: Exploring, options: Options, stream: Stream, /) -> Parameters:
        """Values inside their domains. What is left out is as inherited; immutable parameters stay."""


class AlgorithmPlugin(Protocol):
    def begin(self, question: Beginning, options: Options, stream: Stream, /) -> Parameters:
        """Values inside their domains. What is left out is sampled."""


class EndingPlugin(AlgorithmPlugin, Protocol):
    """An algorithm that ends configurations before `max_steps`."""

    def goes_on(self, question: GoingOn, options: Options, stream: Stream, /) -> bool: ...


class StoppingPlugin(Protocol):
    def should_stop(self, question: Running, options: Options, /) -> bool: ...


class CheckedPlugin(Protocol):
    """A plug-in of any kind that knows which options are wrong."""

    def check(self, options: Options, /) -> None:
        """Raises ValueError."""


class PlugIns(Protocol):
    """Where plug-ins are found. Each raises LookupError if there is none of that name, or what loading it raised."""

    def selection(self, name: str) -> SelectionPlugin: ...

    def exploration(self, name: str) -> ExplorationPlugin: ...

    def algorithm(self, name: str) -> AlgorithmPlugin: ...

    def stopping(self, name: str) -> StoppingPlugin: ...


class NoPlugIns:
    """Where none is installed."""

    def selection(self, name: str) -> SelectionPlugin:
        raise LookupError(f"no selection {name!r} is installed here")

    def exploration(self, name: str) -> ExplorationPlugin:
        raise LookupError(f"no exploration {name!r} is installed here")

    def algorithm(self, name: str) -> AlgorithmPlugin:
        raise LookupError(f"no algorithm {name!r} is installed here")

    def stopping(self, name: str) -> StoppingPlugin:
        raise LookupError(f"no stopping {name!r} is installed here")
