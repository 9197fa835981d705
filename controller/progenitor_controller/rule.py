"""What a study's stopping rule says of a trial, and what becomes of a rule that raises."""

from collections.abc import Callable
from functools import partial

from progenitor_storage import Transaction
from progenitor_storage.model.spec import Custom, Spec, Stopping
from progenitor_storage.model.study import Study
from progenitor_storage.model.trial import Trial

from .algorithms.custom import asked
from .algorithms.custom.decisions import about_stopping
from .algorithms.stopping import comparison, should_stop
from .curves import CurveReader
from .notes import note
from .plugins.installed import INSTALLED


def says_stop(spec: Spec, rule: Stopping, trial: Trial, reader: CurveReader) -> bool | Callable[[], bool]:
    """Whether a running trial, or the configuration of one that is completed, is to end here; or what computes that."""
    compared = comparison(spec, rule, trial)
    if trial.step < compared.grace_steps:
        return False
    curves = reader.curves(trial, compared)
    if curves is None:
        return False
    if isinstance(rule, Custom):
        question = about_stopping(spec.metrics, trial, curves.own, curves.others, compared.final_step)
        return partial(asked.should_stop, INSTALLED, rule, question)
    return should_stop(rule, spec.metrics, curves.own, curves.others, compared.final_step)


def note_error(tx: Transaction, study: Study, trial: Trial, error: Exception) -> None:
    note(tx, study, "the stopping rule", error, f" on trial {trial.number}, which goes on")
