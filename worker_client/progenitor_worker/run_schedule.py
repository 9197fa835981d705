"""A schedule trained as one long run in this process, without a service."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .run_session import SessionResult, origin_of, trained
from .schedule import Schedule, ScheduledSession, ScheduleError, read_schedule
from .store import CheckpointStore, Holder


@dataclass(frozen=True, slots=True)
class ScheduleResult:
    """What was trained, and what came of each session."""

    scheduled: tuple[ScheduledSession, ...]
    sessions: tuple[SessionResult, ...]

    @property
    def checkpoint(self) -> Path:
        """The last one's folder."""
        return checkpoint_at(self.scheduled[-1].end_step, self.sessions[-1])

    @property
    def step(self) -> int:
        return self.sessions[-1].step

    @property
    def metrics(self) -> Mapping[int, Mapping[str, float]]:
        """Of all sessions, by step; where two measured the same, that of the later one."""
        merged: dict[int, dict[str, float]] = {}
        for session in self.sessions:
            for step, values in session.metrics.items():
                merged.setdefault(step, {}).update(values)
        return merged

    @property
    def score(self) -> Mapping[str, float]:
        """The metrics at the step reached."""
        return self.sessions[-1].score

    @property
    def differing(self) -> tuple[int, ...]:
        """The end steps at which the checkpoint is another one than the study's, byte for byte."""
        return tuple(
            wanted.end_step
            for wanted, got in zip(self.scheduled, self.sessions, strict=True)
            if wanted.digest and wanted.digest != got.digest
        )


def run_schedule(
    train: Callable[..., object],
    schedule: Schedule | str | Path,
    folder: str | Path,
    *,
    warm_start: SessionResult | str | Path | None = None,
    start_step: int | None = None,
    evaluate: Callable[..., object] | None = None,
) -> ScheduleResult:
    """Runs `train` for each session of a schedule, each from the last one's checkpoint; they lie below `folder`.

        result = run_schedule(train, "schedule.json", "long-run")
        print(result.score, result.checkpoint)

    `schedule` is a file that `progenitor lineage --schedule` wrote, or what `Client.schedule` returned. A run that was
    ended goes on from its newest checkpoint as `warm_start`; `start_step` is the step at which that was saved, by
    default as its name says. A schedule that begins with a given checkpoint needs it there.

    Raises what `train` raises, SessionError, CheckpointError, and ScheduleError.
    """
    whole = schedule if isinstance(schedule, Schedule) else read_schedule(schedule)
    store = CheckpointStore(Path(folder))
    origin, known_step = origin_of(warm_start, store)
    scheduled = rest_of(
        whole, known_step if start_step is None else start_step, from_checkpoint=origin is not None
    )
    run = f"schedule-{uuid.uuid4().hex[:12]}"
    results: list[SessionResult] = []
    for number, session in enumerate(scheduled, start=1):
        result = trained(
            train,
            store,
            Holder(run, number, 1),
            warm_start=origin,
            start_step=session.start_step,
            end_step=session.end_step,
            seed=session.seed,
            parameters=session.parameters,
            evaluate=evaluate,
        )
        origin = checkpoint_at(session.end_step, result)
        results.append(result)
    return ScheduleResult(scheduled, tuple(results))


def checkpoint_at(step: int, result: SessionResult) -> Path:
    """Raises ScheduleError if the session's newest one is of another step."""
    if result.checkpoint is None or result.checkpoint_step != step:
        raise ScheduleError(f"train saved no checkpoint at step {step}, where its session ended")
    return result.checkpoint


def rest_of(schedule: Schedule, start: int, *, from_checkpoint: bool) -> tuple[ScheduledSession, ...]:
    """What there is to train from step `start` on. Raises ScheduleError."""
    first, last = schedule.sessions[0].start_step, schedule.sessions[-1].end_step
    if first > 0 and not from_checkpoint:
        raise ScheduleError(
            f"the schedule begins at step {first} with a checkpoint that its study was given: say warm_start=…"
        )
    if not first <= start < last:
        raise ScheduleError(f"the warm start is of step {start}, the schedule goes from {first} to {last}")
    return tuple(after(schedule.sessions, start))


def after(sessions: Iterable[ScheduledSession], start: int) -> Iterable[ScheduledSession]:
    for session in sessions:
        if session.end_step > start:
            yield replace(session, start_step=max(session.start_step, start))
