"""Programs in several languages as real processes, in a test's own folder."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0
"""Seconds for a small study to end, on a machine that does other things too."""


def environment(node: Path) -> dict[str, str]:
    """With Node on PATH; npm keeps its cache in HOME."""
    home = os.environ.get("HOME") or tempfile.gettempdir()
    path = os.pathsep.join([str(node), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return dict(os.environ) | {"HOME": home, "PATH": path, "CUDA_VISIBLE_DEVICES": ""}


@dataclass(slots=True)
class Programs:
    """`folder` is where they run; what they print to stderr is kept there."""

    folder: Path
    environment: Mapping[str, str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        with (self.folder / f"program-{len(self.started)}.err").open("w") as errors:
            process = subprocess.Popen(
                arguments,
                cwd=self.folder,
                env={**self.environment, **variables},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                process_group=0,
            )
        self.started.append(process)
        return process

    def run(self, *arguments: str | Path, **variables: str) -> str:
        """What it prints; it must exit with 0."""
        return self.ended(self.start(*arguments, **variables))

    def ended(self, process: subprocess.Popen[str]) -> str:
        """The same of one that was started."""
        out, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, self.errors()
        return out

    def progenitor(self, *arguments: str) -> subprocess.Popen[str]:
        return self.start(sys.executable, "-m", "progenitor_cli", *arguments)

    def serve(self) -> str:
        """The address of a controller that answers."""
        process = self.progenitor("serve", "--listen", "127.0.0.1:0", "--json")
        assert process.stdout is not None
        ready: Any = json.loads(until(process.stdout.readline))
        address: str = ready["address"]
        return address

    def errors(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self.folder.glob("*.err")))

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
