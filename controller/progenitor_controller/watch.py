"""Watching a study: the trials that changed since a token, without a history to prune."""

from dataclasses import dataclass

from progenitor.v1 import study_service_pb2 as pb
from progenitor_storage import Snapshot
from progenitor_storage.model.trial import Trial

from .errors import InvalidRequest, Violation
from .lists import shown
from .wire.pages import Key, Page, cut, page_of

BATCH = 500


@dataclass(frozen=True, slots=True)
class WatchCall:
    """`token` is '' for everything from the beginning."""

    study: str
    token: str


def changes(tx: Snapshot, call: WatchCall) -> pb.WatchTrialsResponse:
    """At most 500 trials or 1 MiB that changed since the token, and the next token."""
    study = tx.studies.get(call.study)
    page = page_of("watch", BATCH, call.token, ("", 0), field="resume_token")
    uid, after = page.after
    if uid not in ("", study.uid):
        told = f"is of another study that had the name {study.name!r}; watch from the beginning"
        raise InvalidRequest([Violation("resume_token", told)])
    found = tx.trials.changed(study, int(after), page.limit)
    if not found:
        return pb.WatchTrialsResponse(resume_token=call.token)

    def key(trial: Trial) -> Key:
        return (study.uid, trial.change)

    trials, token = cut(Page("watch", page.after, len(found)), found, shown(tx, study), key)
    return pb.WatchTrialsResponse(trials=trials, resume_token=token or page.token_after(key(found[-1])))
