"""The first trial of a place."""

from progenitor_storage.model.spec import Spec
from progenitor_storage.model.trial import Trial

from .drafts import initial
from .history import History


def begin(spec: Spec, history: History, member: int) -> Trial:  # noqa: ARG001  what a search learns from
    """The draft of the first trial of `member`: as `initial_population` has it, else the algorithm's choice."""
    return initial(spec, member)
