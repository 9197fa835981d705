"""Examples on a smaller budget, and what models score there that have learned nothing."""

import json
import math
import operator
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """`steps` is the smaller `max_steps`; `untrained` the metric without training, of which a `better` one is had."""

    file: str
    steps: int
    metric: str
    untrained: float
    better: Callable[[float, float], bool]

    @property
    def path(self) -> Path:
        return FOLDER / self.file


EXAMPLES = (
    # One of ten digits is guessed right, and each gets the probability 1/10.
    Example("digits.py", 2, "accuracy", 0.1, operator.gt),
    Example("sklearn_sgd.py", 2, "loss", math.log(10), operator.lt),
    # It falls at once: 50 untrained networks came to between 0.017 and 0.027.
    Example("gan_or_rl.py", 20, "nearness", 0.03, operator.gt),
    Example("triangle_wave.py", 20, "accuracy", 0.0, operator.gt),
)
WITH_PYTORCH = (Example("pytorch.py", 6, "loss", math.log(10), operator.lt),)


def best_of(example: Example, folder: Path) -> Any:
    """The best trial, as `progenitor run` prints it that trains the example with fewer steps in the folder."""
    source, found = re.subn(r"\bmax_steps=[\d_]+", f"max_steps={example.steps}", example.path.read_text())
    assert found == 1
    (folder / example.file).write_text(source)
    ended = subprocess.run(
        [sys.executable, "-m", "progenitor_cli", "run", example.file, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)["best"]
