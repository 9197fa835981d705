"""The first trial of a place."""

from dataclasses import replace

from progenitor_storage.model.spec import GridSearch, Spec
from progenitor_storage.model.trial import Trial

from .drafts import initial
from .grid import combination
from .history import History


def begin(spec: Spec, history: History, member: int) -> Trial:  # noqa: ARG001  what a search learns from
    """The draft of the first trial of `member`: as `initial_population` has it, else the algorithm's choice."""
    draft = initial(spec, member)
    match spec.algorithm:
        case GridSearch() as algorithm:
            return replace(draft, parameters=combination(spec, algorithm, member))
        case _:
            return draft
