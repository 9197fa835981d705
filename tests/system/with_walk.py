"""The walk through README and guide: every command and program there does what it is shown for."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)

NOT_RUN = {
    "make run": "sets up an environment; a test below looks at what it would do",
    "python3 -m venv ../mine && . ../mine/bin/activate": "the tests run in an environment already",
    "pip install '.[all]'": "the same; the deployment's tests install the package",
    ".venv/bin/progenitor demo": "the demo's own tests run it",
    "createdb progenitor": "the tests' server has other users",
}
FRESH = {"The training file", "Run it", "More workers, more machines", "PostgreSQL"}
"""Sections that begin before any study was trained; the others after the first one was."""


@dataclass(frozen=True, slots=True)
class Section:
    page: str
    title: str
    blocks: tuple[tuple[str, str], ...]  # language, text

    @property
    def scripts(self) -> list[list[str]]:
        """The commands of each block."""
        shell = [text for language, text in self.blocks if language == "sh"]
        return [[re.sub(r"\s+# .*", "", line) for line in text.splitlines()] for text in shell]

    @property
    def commands(self) -> list[str]:
        return [command for script in self.scripts for command in script]

    @property
    def programs(self) -> list[str]:
        """Those that are whole: fragments of training files import nothing."""
        python = [text for language, text in self.blocks if language == "python"]
        return [text for text in python if text.startswith("import")]


def sections() -> list[Section]:
    found = []
    for page in ("README.md", "docs/guide.md"):
        for part in (ROOT / page).read_text().split("\n## ")[1:]:
            section = Section(page, part.partition("\n")[0], tuple(FENCE.findall(part)))
            if section.commands or section.programs:
                found.append(section)
    return found


def training_file() -> str:
    (source,) = [
        text
        for language, text in FENCE.findall((ROOT / "README.md").read_text())
        if language == "python" and text.startswith("# train.py")
    ]
    return str(source)


@dataclass(slots=True)
class Walker:
    """Runs commands as they stand, but for addresses and paths that are not this machine's."""

    folder: Path
    instead: dict[str, str]
    started: list[subprocess.Popen[str]]

    def start(self, arguments: list[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            arguments,
            cwd=self.folder,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def serve(self, arguments: list[str]) -> None:
        process = self.start(arguments)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Controller at ")

    def walk(self, commands: list[str]) -> None:
        working = []
        for command in commands:
            for shown, ours in self.instead.items():
                command = command.replace(shown, ours)  # noqa: PLW2901
            arguments = shlex.split(command.replace(".venv/bin/", ""))
            if arguments[1] == "serve":
                self.serve(arguments)
            elif arguments[1] == "work":
                working.append(self.start(arguments))
            else:
                ended_well(working)
                ended_well([self.start(arguments)])
        ended_well(working)


def ended_well(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        said, _ = process.communicate(timeout=240)
        assert process.returncode == 0, said
    processes.clear()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which README's file was trained."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "train.py").write_text(training_file())
    subprocess.run(
        [sys.executable, "-m", "progenitor_cli", "run", "train.py"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=240,
    )
    return folder


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    ports = {f"127.0.0.1:{port}": f"127.0.0.1:{free_port()}" for port in (50051, 50052)}
    ours = ports["127.0.0.1:50051"]
    found = Walker(tmp_path / "here", {**ports, "10.0.0.5:50051": ours, "/mnt/shared": str(tmp_path)}, [])
    yield found
    for process in found.started:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.mark.parametrize(
    "section", sections(), ids=lambda section: f"{section.page}: {section.title}".replace(" ", "-")
)
def test_every_command_and_program_works(
    section: Section, walker: Walker, request: pytest.FixtureRequest
) -> None:
    if section.title in FRESH:
        walker.folder.mkdir()
        (walker.folder / "train.py").write_text(training_file())
    else:
        shutil.copytree(request.getfixturevalue("trained"), walker.folder)
    if any("postgresql://" in command for command in section.commands):
        make: Callable[[str], str] = request.getfixturevalue("new_postgresql_database")
        walker.instead["postgresql://user:password@localhost/progenitor"] = make("template1")
    for script in section.scripts:
        walker.walk([command for command in script if command not in NOT_RUN])
    for program in section.programs:
        with served(walker, program):
            for shown, ours in walker.instead.items():
                program = program.replace(shown, ours)  # noqa: PLW2901
            ended_well([walker.start([sys.executable, "-c", program])])


@contextmanager
def served(walker: Walker, program: str) -> Iterator[None]:
    """A controller while it lasts, if the program names one."""
    address = "127.0.0.1:50051"
    if address not in program:
        yield
        return
    walker.serve(["progenitor", "serve", "--listen", walker.instead[address]])
    yield


def test_what_is_not_run_is_in_the_pages() -> None:
    shown = {command for section in sections() for command in section.commands}
    assert set(NOT_RUN) <= shown


def test_make_run_trains_the_digits() -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "run"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert "progenitor run examples/digits.py" in planned.stdout


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port
