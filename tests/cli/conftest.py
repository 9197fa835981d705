import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from .place import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A working directory of the test's own; what it started ends with the test."""
    found = Place(tmp_path)
    yield found
    for process in found.started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
