"""The first trial of a place."""

from dataclasses import replace

from progenitor_storage.model.spec import (
    CovarianceMatrixAdaptation,
    Custom,
    GaussianProcessBandit,
    GridSearch,
    Parameters,
    Spec,
)
from progenitor_storage.model.trial import Trial

from . import grid
from .custom import decisions as custom
from .drafts import initial
from .history import History


def begin(spec: Spec, history: History, member: int) -> Trial:
    """The draft of the first trial of `member`: as `initial_population` has it, else the algorithm's choice."""
    draft = initial(spec, member)
    given = spec.initial_population[member].parameters if member < len(spec.initial_population) else {}
    if given.keys() >= draft.parameters.keys():
        return draft
    return replace(draft, parameters={**_chosen(spec, history, member, draft.parameters), **given})


def _chosen(spec: Spec, history: History, member: int, sampled: Parameters) -> Parameters:
    match spec.algorithm:
        case GridSearch() as algorithm:
            return grid.combination(spec, algorithm, member)
        case GaussianProcessBandit() as algorithm:
            from . import gaussian_process_bandit  # noqa: PLC0415 - scipy takes longer to import than all else

            return gaussian_process_bandit.configuration(spec, algorithm, history, member)
        case CovarianceMatrixAdaptation() as algorithm:
            from . import covariance_matrix_adaptation  # noqa: PLC0415 - as above

            return covariance_matrix_adaptation.configuration(spec, algorithm, history, member)
        case Custom() as plug_in:
            return custom.begun(spec, plug_in, history, member, sampled)
        case _:
            return sampled
