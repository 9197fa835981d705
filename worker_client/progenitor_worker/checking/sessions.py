"""Sessions of a user's training code in this process, each with what could be seen of it."""

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ..command import CommandSession
from ..needed_at_end import contradiction, metrics_missing, nothing_saved
from ..session import Session, SessionError, Stopwatch, Value
from ..signature import arguments_for
from ..store import CheckpointError, CheckpointStore, Holder, Saved
from ..user_code import UserCode, as_metrics, told
from .optimizers import OptimizerWatch

LOOKS = 6
"""How often a session's optimizers are looked at: a look goes through all objects of the process."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A session that has ended. `error` is what the worker would tell of it, '' if all is well.

    `raised` says whether the user's code itself has raised. `metrics` are by step. Times are in seconds; a step's is
    None if none was trained.
    """

    start_step: int
    end_step: int
    parameters: Mapping[str, Value]
    metrics: Mapping[int, Mapping[str, float]]
    checkpoint: Path | None
    checkpoint_bytes: int | None
    looked_at_warm_start: bool
    error: str
    raised: bool
    seconds: float
    seconds_per_step: float | None

    @property
    def ok(self) -> bool:
        return not self.error

    @property
    def at_start(self) -> Mapping[str, float]:
        """What was reported before the first step."""
        return self.metrics.get(self.start_step, {})

    @property
    def at_end(self) -> Mapping[str, float]:
        return self.metrics.get(self.end_step, {})


class Watch:
    """Listens to one session, and lets `optimizers` look at those that are alive in it."""

    def __init__(self, optimizers: OptimizerWatch | None) -> None:
        self.newest: Saved | None = None
        self._stepped: list[tuple[int, float]] = []
        self._optimizers = optimizers
        self._looks = 0
        self._looking = 0.0

    def clock(self) -> float:
        """Seconds without those that were spent looking."""
        return time.monotonic() - self._looking

    def step(self, step: int) -> None:
        self._stepped.append((step, self.clock()))
        self._look()

    def measured(self, step: int, metrics: Mapping[str, float], elapsed: float) -> None:  # noqa: ARG002  a Listener
        self._look()

    def saved(self, checkpoint: Saved) -> None:
        self.newest = checkpoint
        self._look()

    def stopping(self) -> bool:
        return False

    def seconds_per_step(self, start: int, trained_from: float | None) -> float | None:
        """The first step is left out if there are others: much is made ready in it."""
        if not self._stepped or trained_from is None:
            return None
        begun = self._stepped[0] if len(self._stepped) > 1 else (start, trained_from)
        step, at = self._stepped[-1]
        return max(0.0, at - begun[1]) / (step - begun[0]) if step > begun[0] else None

    def _look(self) -> None:
        if self._optimizers is None or self._looks == LOOKS:
            return
        began = time.monotonic()
        self._looks += 1
        self._optimizers.look()
        self._looking += time.monotonic() - began


class Sessions:
    """Runs them one after the other; checkpoints lie below `folder`. `metrics` are those that the study needs."""

    def __init__(self, code: UserCode, command: str, folder: Path, metrics: tuple[str, ...]) -> None:
        self._code = code
        self._command = command
        self._store = CheckpointStore(folder)
        self._metrics = metrics
        self._trials = 0

    def fresh(self, parameters: Mapping[str, Value], *, seed: int, steps: int) -> Tried:
        return self._try(parameters, seed, start=0, end=steps)

    def going_on(
        self,
        origin: Tried,
        parameters: Mapping[str, Value],
        *,
        seed: int,
        steps: int,
        optimizers: OptimizerWatch | None = None,
    ) -> Tried:
        """From the end of a session that has saved a checkpoint there."""
        return self._try(
            parameters,
            seed,
            start=origin.end_step,
            end=origin.end_step + steps,
            warm_start=origin.checkpoint,
            optimizers=optimizers,
        )

    def evaluated(self, checkpoint: Path, parameters: Mapping[str, Value]) -> dict[str, float]:
        """Nothing if the user has no evaluate. Raises what that raises."""
        if self._code.evaluate is None:
            return {}
        given = self._code.as_written(parameters)
        return as_metrics(self._code.evaluate(checkpoint, **arguments_for(self._code.evaluate, given)))

    def _try(
        self,
        parameters: Mapping[str, Value],
        seed: int,
        *,
        start: int,
        end: int,
        warm_start: Path | None = None,
        optimizers: OptimizerWatch | None = None,
    ) -> Tried:
        self._trials += 1
        holder = Holder("check", self._trials, 1)
        watch = Watch(optimizers)
        session = Session(
            store=self._store,
            holder=holder,
            listener=watch,
            warm_start=warm_start,
            parameters=self._code.as_written(parameters),
            seed=seed,
            start_step=start,
            end_step=end,
            stopwatch=Stopwatch(watch.clock),
        )
        began = time.monotonic()
        error, raised = ended(lambda: self._run(session, holder))
        metrics = {step: dict(values) for step, values in session.metrics.items()}
        checkpoint = None if watch.newest is None else self._store.root / watch.newest.uri
        if not error:
            saved_at_end = checkpoint if watch.newest is not None and watch.newest.step == end else None
            error, raised = ended(lambda: self._complete(session, saved_at_end, parameters, metrics))
        return Tried(
            start_step=start,
            end_step=end,
            parameters=session.parameters,
            metrics=metrics,
            checkpoint=checkpoint,
            checkpoint_bytes=None if watch.newest is None else watch.newest.size,
            looked_at_warm_start=session.looked_at_warm_start,
            error=error,
            raised=raised,
            seconds=time.monotonic() - began,
            seconds_per_step=watch.seconds_per_step(start, session.stopwatch.trained_from),
        )

    def _run(self, session: Session, holder: Holder) -> None:
        with closing(session):
            if self._command:
                with self._store.scratch(holder) as folder:
                    CommandSession(session, self._command, folder).run()
            elif self._code.train is not None:
                self._code.train(session, **session.parameters)
        session.finish()

    def _complete(
        self,
        session: Session,
        checkpoint: Path | None,
        parameters: Mapping[str, Value],
        metrics: dict[int, dict[str, float]],
    ) -> None:
        """Adds what evaluate says. Raises SessionError for what a completed trial lacks."""
        end = session.end_step
        if checkpoint is None:
            raise SessionError(nothing_saved(end))
        at_end = metrics.setdefault(end, {})
        evaluated = self.evaluated(checkpoint, parameters)
        if contradicts := contradiction(end, at_end, evaluated):
            raise SessionError(contradicts)
        at_end.update(evaluated)
        if missing := [name for name in self._metrics if name not in at_end]:
            raise SessionError(
                metrics_missing(end, missing, {name for values in metrics.values() for name in values})
            )


def ended(run: Callable[[], None]) -> tuple[str, bool]:
    """What ended it, '' if nothing did, and whether that was the user's code."""
    try:
        run()
    except KeyboardInterrupt:
        raise
    except (SessionError, CheckpointError) as error:
        return str(error), False
    except BaseException as error:  # noqa: BLE001  whatever the user's code raises is told
        return told(error), True
    return "", False
