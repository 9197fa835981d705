"""What a study and the log are told of user code or a rule that raised, which stops nothing."""

import logging

from progenitor_storage import Transaction
from progenitor_storage.model.study import Study

from .limits import MAX_MESSAGE
from .thoughts import described

log = logging.getLogger(__name__)


def note(tx: Transaction, study: Study, what: str, error: Exception, what_then: str) -> None:
    """As the study's message. The log has the stack the first time: one for each decision would bury all else."""
    told, known = described(error), tx.studies.current(study).state_message
    message = f"{what} raised {told}{what_then}"
    log.error("%s: %s", study.name, message, exc_info=None if told in known else error)
    if known != message[:MAX_MESSAGE]:
        tx.studies.change(study, state_message=message[:MAX_MESSAGE])
