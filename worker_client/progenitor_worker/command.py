"""Training code in any language: a shell command for each trial, told by its environment and by files.

| variable | what it holds |
|---|---|
| PROGENITOR_PARAMETERS | a JSON file with the hyperparameters by name |
| PROGENITOR_WARM_START | the folder of the checkpoint to go on from; empty for a fresh start |
| PROGENITOR_CHECKPOINT | an empty folder: what the command leaves in it is the checkpoint |
| PROGENITOR_START_STEP, PROGENITOR_END_STEP | train the steps after the one up to the other |
| PROGENITOR_SEED | for random numbers |
| PROGENITOR_METRICS | a file for lines of JSON: {"step": 7, "metrics": {"loss": 0.9}}; without a step: the last one |
| PROGENITOR_STEP | a file for the number of the step that was reached, if the command ends before its end step |

SIGTERM means: save, write the step last of all, and exit with 0. The shell that runs the command waits for its programs
then. After SIGTERM only a step that was written says that something was saved, as a shell's exit code may be that of
another program than the one that saves. Otherwise exit code 0 without a step written means that the end step was
reached; any other code is a failure.
"""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .lifeline import guarded_group
from .session import Session, SessionError

LOOK_INTERVAL = 0.05
"""Seconds between two looks at the command and its metrics."""
TERMINATED = (-signal.SIGTERM, 128 + signal.SIGTERM)
"""Exit codes of a command, and of a shell whose command, that SIGTERM ended."""
OUTLIVE = "trap : TERM"
"""The shell goes on waiting for a program that saves, which itself gets the default back: POSIX, `trap`."""


class CommandSession:
    """`folder` is empty, on the disk of the checkpoints; through it the command and the session talk."""

    def __init__(self, session: Session, command: str, folder: Path) -> None:
        self._session = session
        self._command = command
        self._checkpoint = folder / "checkpoint"
        self._parameters = folder / "parameters.json"
        self._metrics = folder / "metrics.jsonl"
        self._step = folder / "step"
        self._read = 0
        self._at_end: list[dict[str, float]] = []

    def run(self) -> None:
        """One run of the command; raises SessionError if it failed or wrote what cannot be."""
        self._checkpoint.mkdir()
        self._metrics.touch()
        self._parameters.write_text(json.dumps(dict(self._session.parameters)))
        self._session.advance(0)  # restoring is the command's own affair: its time is training
        saved = self._wait()
        self._take_metrics()
        if not saved:
            return
        self._come_to(self._reached())
        if any(self._checkpoint.iterdir()):
            with self._session.checkpoint() as folder:
                for entry in self._checkpoint.iterdir():
                    entry.rename(folder / entry.name)
        elif self._session.step == self._session.end_step:
            raise SessionError(
                f"the command ended at the end step {self._session.end_step} and left nothing in the folder "
                "PROGENITOR_CHECKPOINT: that is where it must save"
            )
        for metrics in self._at_end:
            self._session.report(**metrics)

    def _wait(self) -> bool:
        """Runs the command to its end; False if it was asked to stop and has not saved."""
        asked = False
        with self._started() as process:
            while True:
                try:
                    code = process.wait(LOOK_INTERVAL)
                    break
                except subprocess.TimeoutExpired:
                    self._take_metrics()
                if self._session.stopping and not asked:
                    asked = True
                    os.killpg(os.getpgid(process.pid), signal.SIGTERM)
        if asked and code in (0, *TERMINATED):
            return self._step.exists()
        if code == 0:
            return True
        how = f"was ended by signal {-code}" if code < 0 else f"exited with {code}"
        raise SessionError(f"the command {how}: {self._command}")

    @contextmanager
    def _started(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process group of its own, in which nothing is left when the block, or this process, ends."""
        lifeline, held = os.pipe()
        group = guarded_group(lifeline)
        try:
            process = subprocess.Popen(  # noqa: S602  the user's own command, for the user's own shell
                f"{OUTLIVE}\n{self._command}",
                shell=True,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                process_group=group,
            )
            try:
                yield process
            finally:
                os.killpg(group, signal.SIGKILL)
                process.wait()
        finally:
            os.close(lifeline)
            os.close(held)

    def _environment(self) -> dict[str, str]:
        session = self._session
        return os.environ | {
            "PROGENITOR_PARAMETERS": str(self._parameters),
            "PROGENITOR_WARM_START": str(session.warm_start or ""),
            "PROGENITOR_CHECKPOINT": str(self._checkpoint),
            "PROGENITOR_START_STEP": str(session.start_step),
            "PROGENITOR_END_STEP": str(session.end_step),
            "PROGENITOR_SEED": str(session.seed),
            "PROGENITOR_METRICS": str(self._metrics),
            "PROGENITOR_STEP": str(self._step),
        }

    def _reached(self) -> int:
        """The step that the command wrote, else the end step."""
        if not self._step.exists():
            return self._session.end_step
        text = self._step.read_text().strip()
        if not text.isdecimal():
            raise SessionError(
                f"the command wrote {text[:100]!r} to PROGENITOR_STEP, it must be a step's number"
            )
        return int(text)

    def _take_metrics(self) -> None:
        """Reports the complete lines that were added since the last look."""
        with self._metrics.open("rb") as file:
            file.seek(self._read)
            added = file.read()
        complete = added[: added.rfind(b"\n") + 1]
        self._read += len(complete)
        for line in complete.splitlines():
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            measured = json.loads(line)
            metrics, step = dict(measured["metrics"]), measured.get("step")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SessionError(
                f"the command wrote {line[:200]!r} to PROGENITOR_METRICS, it must be lines like "
                '{"step": 7, "metrics": {"accuracy": 0.9}}'
            ) from error
        if step is None:
            self._at_end.append(metrics)
            return
        self._come_to(step)
        self._session.report(**metrics)

    def _come_to(self, step: object) -> None:
        if not isinstance(step, int) or step < self._session.step or step > self._session.end_step:
            raise SessionError(
                f"the command named step {step!r}; steps must not fall and stay from {self._session.start_step} "
                f"to {self._session.end_step}"
            )
        if step > self._session.step:
            self._session.advance(step - self._session.step)
