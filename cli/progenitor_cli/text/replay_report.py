"""What came of a replay, as text and as JSON."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from progenitor.v1 import study_pb2

from ..calls.names import brief, short
from .replay_outcome import Again, Outcome
from .report import outcome
from .tables import steps_cell
from .wording import number, table

MOST_ROWS = 20
DIGITS = 12
"""Of a digest, in a table."""


def replay_text(found: Outcome, file: Path | None) -> str:
    """`file` is what was given to train with."""
    study = found.status.study
    parts = [outcome(found.status)]
    if study.state == study_pb2.STUDY_STATE_ACTIVE and file is None:
        parts.append(how_to_train(study, found.trials))
    if found.differing:
        parts.append(f"Checkpoints that differ from the replayed ones:\n{rows_of(found, found.differing)}")
    if found.remeasured:
        parts.append(
            "The same checkpoints, but other metrics: they do not follow from the checkpoint alone.\n"
            + rows_of(found, found.remeasured)
        )
    return "\n\n".join(parts)


def how_to_train(study: study_pb2.Study, trials: int) -> str:
    return (
        f"{trials} trials are trained again. Train them with:\n"
        f"  progenitor run FILE --study {short(study.name)}\n"
        "or with `work`; the same `progenitor replay` then tells what came of it."
    )


def rows_of(found: Outcome, listed: tuple[Again, ...]) -> str:
    metrics = [metric.name for metric in found.status.study.effective_spec.metrics]
    measured = [head for name in metrics for head in (name, f"{name} there")]
    heads = ("trial", "replays", "steps", "began with", "digest", "digest there", *measured)
    differing = {again.trial.name for again in found.differing}
    rows = [tuple(cells(again, metrics, differing)) for again in listed[:MOST_ROWS]]
    more = len(listed) - len(rows)
    return table(heads, rows) + (f"\n  … and {more} more" if more else "")


def cells(again: Again, metrics: list[str], differing: set[str]) -> Iterator[str]:
    trial = again.trial
    yield short(trial.name)
    yield brief(trial.replays)
    yield steps_cell(trial.start_step + 1, trial.end_step)
    yield "other weights" if trial.parent in differing else "the same"
    yield shortened(trial.checkpoint.digest)
    yield shortened(trial.replayed_digest)
    for name in metrics:
        yield number(trial.measurement.metrics[name])
        yield "" if again.measured is None or name not in again.measured else number(again.measured[name])


def shortened(digest: str) -> str:
    return digest.removeprefix("sha256:")[:DIGITS]


def replay_line(found: Outcome) -> str:
    """One line of JSON; a metric that is not finite is null."""
    form = {
        "study": found.status.study.name,
        "state": study_pb2.StudyState.Name(found.status.study.state),
        "trials": found.trials,
        "completed": found.completed,
        "differing": [form_of(again) for again in found.differing],
        "remeasured": [form_of(again) for again in found.remeasured],
    }
    return json.dumps(form, ensure_ascii=False, allow_nan=False)


def form_of(again: Again) -> dict[str, object]:
    return {
        "trial": again.trial.name,
        "replays": again.trial.replays,
        "digest": again.trial.checkpoint.digest,
        "replayed_digest": again.trial.replayed_digest,
        "metrics": finite(again.trial.measurement.metrics),
        "replayed_metrics": None if again.measured is None else finite(again.measured),
    }


def finite(metrics: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in sorted(metrics.items())}
