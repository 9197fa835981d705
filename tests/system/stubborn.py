"""A training file that does what STUBBORN says: holds the interpreter, trains until it is stopped, is evaluated."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path

from progenitor import Double, Maximize, MedianStopping, Session, Study

HOW = os.environ.get("STUBBORN", "evaluated")

study = Study(
    metrics=[Maximize("score")],
    population_size=int(os.environ.get("STUBBORN_MEMBERS", "1")),
    steps_per_trial=4,
    max_steps=4 if HOW != "evaluated" else 8,
    target=0.5 if HOW == "target" else None,
    seed=1,
    lease_duration=1,
    parameters={"lr": Double(0.0, 1.0)},
    early_stopping=MedianStopping(grace_steps=1, min_trials=1) if HOW == "median" else None,
)


def train(session: Session, lr: float) -> None:
    Path(os.environ["STUBBORN_SIGNS"]).joinpath(f"began-{session.seed}").touch()
    if HOW == "holds the interpreter":
        began = time.monotonic()
        while time.monotonic() - began < 3.0:
            sum(range(30_000_000))  # one C call, no other thread of this process runs meanwhile
    for step in session.steps():
        if HOW == "zombie" and step == 3:
            go_on = Path(os.environ["STUBBORN_SIGNS"]) / "go on"
            while not go_on.exists():
                threading.Event().wait(0.05)
        if HOW in ("median", "target"):
            train_until_told(session, lr, step)
    with session.checkpoint() as folder:
        (folder / "state.json").write_text(json.dumps(session.step))
    if HOW in ("holds the interpreter", "zombie"):
        session.report(score=lr)


def train_until_told(session: Session, lr: float, step: int) -> None:
    """The first trial goes through and scores 1; the others stay at step 2 until they are told to stop."""
    if is_first(session.seed):
        session.report(score=1.0)
        return
    session.report(score=0.0)
    while step == 2 and not session.stopping:
        threading.Event().wait(0.05)


def is_first(seed: int) -> bool:
    """Whether this is the trial that came here first."""
    signs = Path(os.environ["STUBBORN_SIGNS"])
    with contextlib.suppress(FileExistsError):
        (signs / "first").mkdir()
        (signs / f"first-{seed}").touch()
    return (signs / f"first-{seed}").exists()


def _evaluate(checkpoint: Path, lr: float) -> dict[str, float]:
    assert json.loads((checkpoint / "state.json").read_text()) in (4, 8)
    return {"score": lr, "process": os.getpid()}


if HOW == "evaluated":
    evaluate = _evaluate
