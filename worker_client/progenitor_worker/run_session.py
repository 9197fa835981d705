"""One session in this process, without a service: for tests, for debuggers, for trying a `train` out."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .session import Session, Value
from .signature import arguments_for
from .store import CheckpointError, CheckpointStore, Holder, Saved
from .user_code import as_metrics


@dataclass(frozen=True, slots=True)
class SessionResult:
    """`checkpoint` is the folder of the newest one, None if none was saved; `metrics` are by step.

    `digest` is the checkpoint's: equal contents have equal ones.
    """

    checkpoint: Path | None
    checkpoint_step: int | None
    step: int
    metrics: Mapping[int, Mapping[str, float]]
    digest: str = ""

    @property
    def score(self) -> Mapping[str, float]:
        """The metrics at the step reached."""
        return self.metrics.get(self.step, {})


class Recorder:
    """Remembers the newest checkpoint; nobody asks such a session to stop."""

    def __init__(self) -> None:
        self.newest: Saved | None = None

    def step(self, step: int) -> None:
        """Nobody watches."""

    def measured(self, step: int, metrics: Mapping[str, float], elapsed: float) -> None:
        """The session itself remembers what was measured."""

    def saved(self, checkpoint: Saved) -> None:
        self.newest = checkpoint

    def stopping(self) -> bool:
        return False


def run_session(
    train: Callable[..., object],
    folder: str | Path,
    *,
    steps: int,
    warm_start: SessionResult | str | Path | None = None,
    start_step: int | None = None,
    evaluate: Callable[..., object] | None = None,
    seed: int = 0,
    **parameters: Value,
) -> SessionResult:
    """Runs `train` for `steps` steps with the given hyperparameters; checkpoints lie below `folder`.

        first = run_session(train, folder, steps=5, lr=0.1, width=32)
        second = run_session(train, folder, steps=5, lr=0.2, width=32, warm_start=first)

    A `warm_start` may also be a checkpoint's folder; `start_step` is the step at which it was saved, by default as its
    name says. Raises what `train` raises, SessionError for what a session cannot take, CheckpointError.
    """
    store = CheckpointStore(Path(folder))
    origin, known_step = origin_of(warm_start, store)
    start = known_step if start_step is None else start_step
    return trained(
        train,
        store,
        Holder(f"session-{uuid.uuid4().hex[:12]}", 1, 1),
        warm_start=origin,
        start_step=start,
        end_step=start + steps,
        seed=seed,
        parameters=parameters,
        evaluate=evaluate,
    )


def trained(
    train: Callable[..., object],
    store: CheckpointStore,
    holder: Holder,
    *,
    warm_start: Path | None,
    start_step: int,
    end_step: int,
    seed: int,
    parameters: Mapping[str, Value],
    evaluate: Callable[..., object] | None,
) -> SessionResult:
    """Raises what `train` and `evaluate` raise, SessionError, CheckpointError."""
    parameters = dict(sorted(parameters.items()))  # as in a study's trials
    recorder = Recorder()
    session = Session(
        store=store,
        holder=holder,
        listener=recorder,
        warm_start=warm_start,
        parameters=parameters,
        seed=seed,
        start_step=start_step,
        end_step=end_step,
    )
    with closing(session):
        train(session, **parameters)
    session.finish()
    metrics = {step: dict(values) for step, values in session.metrics.items()}
    newest = recorder.newest
    if newest is None:
        return SessionResult(None, None, session.step, metrics)
    checkpoint = store.root / newest.uri
    if evaluate is not None:
        returned = as_metrics(evaluate(checkpoint, **arguments_for(evaluate, parameters)))
        metrics.setdefault(session.step, {}).update(returned)
    return SessionResult(checkpoint, newest.step, session.step, metrics, newest.digest)


def origin_of(
    warm_start: SessionResult | str | Path | None, store: CheckpointStore
) -> tuple[Path | None, int]:
    """The folder to start from and the step at which it was saved. Raises CheckpointError."""
    if warm_start is None:
        return None, 0
    if isinstance(warm_start, SessionResult):
        if warm_start.checkpoint is None or warm_start.checkpoint_step is None:
            raise CheckpointError("the session that is to be gone on from has saved no checkpoint")
        return warm_start.checkpoint, warm_start.checkpoint_step
    folder = store.find(str(Path(warm_start).absolute()))
    step = folder.name.partition("-")[0]
    return folder, int(step) if step.isdecimal() else 0
