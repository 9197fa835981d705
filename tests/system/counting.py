"""A training file whose training is deterministic and takes time: the weights are a chain of hashes.

Each trained step is noted in a file, by the trial's seed, so that a test sees what was trained twice.
"""

import hashlib
import json
import os
from pathlib import Path

from progenitor import Double, Maximize, Session, Study

study = Study(
    metrics=[Maximize("score")],
    population_size=4,
    steps_per_trial=10,
    max_steps=40,
    seed=7,
    lease_duration=float(os.environ.get("COUNTING_LEASE", "2")),
    parameters={"lr": Double(1e-3, 1.0, log=True)},
)

ROUNDS = int(os.environ.get("COUNTING_ROUNDS", "20000"))
"""What a step costs; the result depends on it."""


def train(session: Session, lr: float) -> None:
    state = bytes(32)
    if session.warm_start:
        saved = json.loads((session.warm_start / "state.json").read_text())
        assert saved["step"] == session.start_step
        state = bytes.fromhex(saved["state"])
    for step in session.steps():
        state = hashlib.pbkdf2_hmac("sha256", state, f"{lr!r} {step}".encode(), ROUNDS)
        note(f"{session.seed} {step}")
    session.report(score=state[0] / 255 + session.step)
    with session.checkpoint() as folder:
        (folder / "state.json").write_text(json.dumps({"step": session.step, "state": state.hex()}))


def note(line: str) -> None:
    path = Path(os.environ["COUNTING_NOTES"])
    with path.open("a") as file:
        file.write(f"{line}\n")
