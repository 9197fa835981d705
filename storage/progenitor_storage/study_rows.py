"""A study as a row and back."""

from collections.abc import Sequence
from typing import Any

from .encoding import parsed, text
from .model.study import Study, StudyState
from .model.trial import TrialState
from .tables import specs, studies

COLUMNS = (*studies.c, specs.c.spec, specs.c.effective_spec)
"""What `study_of` takes, in its order."""

_STATES = {state.value: state for state in StudyState}
_TRIAL_STATES = tuple(TrialState)


def study_of(row: Sequence[Any]) -> Study:
    (
        key,
        name,
        uid,
        state,
        state_message,
        labels,
        request_id,
        create_time,
        update_time,
        paused_at,
        ended_at,
        paused_total,
        trials,
        members,
        change,
        counts,
        total_steps,
        worked,
        lost,
        best_first_metric,
        spec,
        effective_spec,
    ) = row
    stored = parsed(counts)
    return Study(
        key=key,
        name=name,
        uid=uid,
        spec=bytes(spec),
        effective_spec=bytes(effective_spec),
        state=_STATES[state],
        state_message=parsed(state_message),
        labels=parsed(labels),
        request_id=request_id,
        create_time=create_time,
        update_time=update_time,
        paused_at=paused_at,
        ended_at=ended_at,
        paused_total=paused_total,
        trials=trials,
        members=members,
        change=change,
        counts={state: stored.get(state.value, 0) for state in _TRIAL_STATES},
        total_steps=total_steps,
        worked=worked,
        lost=lost,
        best_first_metric=None if best_first_metric is None else parsed(best_first_metric),
    )


def columns_of(study: Study) -> dict[str, Any]:
    """Without its key and its specification."""
    best = study.best_first_metric
    return {
        "name": study.name,
        "uid": study.uid,
        "state": study.state.value,
        # As JSON, so that what a user's code raised is kept even with NUL or lone surrogates in it.
        "state_message": text(study.state_message),
        "labels": text(dict(study.labels)),
        "request_id": study.request_id,
        "create_time": study.create_time,
        "update_time": study.update_time,
        "paused_at": study.paused_at,
        "ended_at": study.ended_at,
        "paused_total": study.paused_total,
        "trials": study.trials,
        "members": study.members,
        "change": study.change,
        "counts": text({state.value: count for state, count in study.counts.items() if count}),
        "total_steps": study.total_steps,
        "worked": study.worked,
        "lost": study.lost,
        "best_first_metric": None if best is None else text(float(best)),
    }


def spec_columns_of(study: Study) -> dict[str, Any]:
    return {"spec": study.spec, "effective_spec": study.effective_spec}
