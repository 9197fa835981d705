"""One training session, as the user's `train` sees it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import index
from pathlib import Path
from time import monotonic
from typing import Protocol

from .store import CheckpointStore, Holder, Saved

Value = float | int | str


class SessionError(Exception):
    """The training code did something that a session cannot take; the message says what to change."""


class Listener(Protocol):
    """Hears what happens in a session, and knows whether it is to end early."""

    def step(self, step: int) -> None: ...

    def measured(self, step: int, metrics: Mapping[str, float], elapsed: float) -> None: ...

    def saved(self, checkpoint: Saved) -> None: ...

    def stopping(self) -> bool: ...


@dataclass(slots=True)
class Stopwatch:
    """Seconds that a session spent restoring, training and saving."""

    clock: Callable[[], float] = monotonic
    restore: float = 0.0
    save: float = 0.0
    began: float = 0.0
    trained_from: float | None = None

    def __post_init__(self) -> None:
        self.began = self.clock()

    def first_step(self) -> None:
        if self.trained_from is None:
            self.trained_from = self.clock()
            self.restore = self.trained_from - self.began - self.save

    @property
    def train(self) -> float:
        if self.trained_from is None:
            return 0.0
        return max(0.0, self.clock() - self.began - self.restore - self.save)


class Session:
    """What a trial is to do. Steps count along the lineage: this session trains `start_step` + 1 to `end_step`."""

    parameters: Mapping[str, Value]
    """The hyperparameters of this session, by name."""
    seed: int
    """For random numbers; the same when the trial is tried again."""
    start_step: int
    end_step: int

    def __init__(
        self,
        *,
        store: CheckpointStore,
        holder: Holder,
        listener: Listener,
        warm_start: Path | None,
        parameters: Mapping[str, Value],
        seed: int,
        start_step: int,
        end_step: int,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._warm_start = warm_start
        self.looked_at_warm_start = False
        self.parameters = parameters
        self.seed = seed
        self.start_step = start_step
        self.end_step = end_step
        self._step = start_step
        self._store = store
        self._holder = holder
        self._listener = listener
        self._metrics: dict[int, dict[str, float]] = {}
        self._closed = ""
        self.stopwatch = stopwatch or Stopwatch()

    @property
    def warm_start(self) -> Path | None:
        """The folder of the checkpoint to go on from; None for a fresh start."""
        self.looked_at_warm_start = True
        return self._warm_start

    @property
    def ignored_warm_start(self) -> bool:
        """Whether steps were trained without a look at the checkpoint that there was to go on from."""
        return self._warm_start is not None and not self.looked_at_warm_start and self._step > self.start_step

    @property
    def step(self) -> int:
        """The last step that `steps` yielded or `advance` came to; before the first the start step."""
        return self._step

    @property
    def stopping(self) -> bool:
        """Whether the session is to end early: save and return."""
        return self._listener.stopping()

    def steps(self) -> Iterator[int]:
        """The steps to train, one after the other; ends early when the session is to stop."""
        self.stopwatch.first_step()
        while self._step < self.end_step and not self._listener.stopping():
            self._need_open()
            self._step += 1
            yield self._step
            self._listener.step(self._step)

    def advance(self, steps: int = 1) -> bool:
        """For a loop that a framework owns: `steps` more are trained; returns whether to go on."""
        self._need_open()
        self.stopwatch.first_step()
        steps = whole(steps)
        if steps < 0 or self._step + steps > self.end_step:
            raise SessionError(
                f"session.advance({steps}) at step {self._step} must stay within the end step {self.end_step}"
            )
        self._step += steps
        self._listener.step(self._step)
        return self._step < self.end_step and not self._listener.stopping()

    def report(self, **metrics: float) -> None:
        """Measures the model at the last step: `session.report(accuracy=0.93)`.

        Values are anything that `float` takes; NaN and infinities are kept and never count as fit. Raises
        SessionError for another value of a metric that was reported at the same step.
        """
        self._need_open()
        if not metrics:
            raise SessionError(
                "session.report() needs at least one metric, as in session.report(accuracy=0.93)"
            )
        values = {name: as_float(name, value) for name, value in metrics.items()}
        known = self._metrics.setdefault(self._step, {})
        for name, value in values.items():
            if name in known and repr(known[name]) != repr(value):
                raise SessionError(
                    f"{name} was reported as {known[name]!r} and as {value!r} at the same step {self._step}: "
                    "report a metric once a step, after training that step"
                )
        known.update(values)
        self._listener.measured(self._step, values, self.stopwatch.train)

    @contextmanager
    def checkpoint(self) -> Iterator[Path]:
        """Gives an empty folder to save into; it becomes the checkpoint of the last step when the block ends.

        with session.checkpoint() as folder:
            save(model, folder / "state.npz")

        An exception inside the block leaves nothing behind. Raises CheckpointError if nothing was saved.
        """
        self._need_open()
        began = self.stopwatch.clock()
        with self._store.save(self._holder, self._step) as saving:
            yield saving.folder
            self._need_open()  # a thread that went on saving after `train` had returned
        self.stopwatch.save += self.stopwatch.clock() - began
        if saving.saved is not None:
            self._listener.saved(saving.saved)

    @property
    def metrics(self) -> Mapping[int, Mapping[str, float]]:
        """What was reported so far, by step."""
        return self._metrics

    def close(self, reason: str = "the session has ended: nothing can be reported or saved in it") -> None:
        """From here on nothing is taken: a call raises SessionError with the reason."""
        self._closed = reason

    def _need_open(self) -> None:
        if self._closed:
            raise SessionError(self._closed)

    def finish(self) -> None:
        """Called when `train` has returned; raises SessionError if it did so too early."""
        self.close()
        if self._step < self.end_step and not self._listener.stopping():
            raise SessionError(
                f"train returned at step {self._step}, before its end step {self.end_step}: loop over all of "
                "session.steps(), or call session.advance(n) as you train"
            )


def whole(steps: object) -> int:
    try:
        return index(steps)  # type: ignore[arg-type]  # whole numbers of every library: index says which it takes
    except TypeError as error:
        raise SessionError(
            f"session.advance() needs a whole number of steps, it was given {steps!r:.100}"
        ) from error


def as_float(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # numbers of every library: float says which it takes
    except (TypeError, ValueError) as error:
        raise SessionError(f"session.report({name}=…) needs a number, it was given {value!r:.200}") from error
