"""The example plug-in is installed and used as its author and a user would; the kit passes it, and no broken one."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.plug_ins import install

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"
PROGENITOR = Path(sys.executable).parent / "progenitor"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a process in which the example's wheel is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    source = shutil.copytree(EXAMPLE, folder / "source")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "installed")
    return {**os.environ, "PYTHONPATH": str(folder / "installed")}


def pytest_of(tests: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", tests.name],
        cwd=tests.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_example_has_under_thirty_lines() -> None:
    lines = (EXAMPLE / "progenitor_tournament.py").read_text().splitlines()
    assert len([line for line in lines if line.strip()]) < 30


@pytest.mark.parametrize("file", ["progenitor_tournament.py", "pyproject.toml", "laws_of_tournament.py"])
def test_the_page_shows_the_example_as_it_is(file: str) -> None:
    page = (EXAMPLE.parents[1] / "docs" / "plugins.md").read_text()
    kind = {".py": "python", ".toml": "toml"}[Path(file).suffix]
    assert f"```{kind}\n{(EXAMPLE / file).read_text()}```" in page


def test_the_example_keeps_the_laws(environment: dict[str, str], tmp_path: Path) -> None:
    tests = tmp_path / "test_laws_of_tournament.py"
    shutil.copy(EXAMPLE / "laws_of_tournament.py", tests)
    told = pytest_of(tests, environment)
    assert told.returncode == 0, told.stdout
    assert "6 passed" in told.stdout


def test_a_study_with_the_example_is_trained(environment: dict[str, str], tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "train.py", tmp_path)
    run = [str(PROGENITOR), "run", "train.py", "--workers", "2"]
    told = subprocess.run(
        run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "raised" not in told.stdout + told.stderr


def test_where_it_is_not_installed_the_study_is_refused(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "train.py", tmp_path)
    run = [str(PROGENITOR), "run", "train.py", "--workers", "2"]
    told = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 2, told.stdout + told.stderr
    assert "no selection 'tournament' is installed here" in " ".join(told.stderr.split())


INSTALLED = "test_it_is_installed_and_takes_its_options"
COUNTS = "test_every_answer_is_one_that_counts"
LEFT = "test_a_question_is_left_as_it_was"
BEFORE = "test_the_same_question_has_the_same_answer_whatever_was_asked_before"
ELSEWHERE = "test_the_same_question_has_the_same_answer_in_another_process"
IN_TIME = "test_the_largest_question_is_answered_in_time"
NO_ANSWER = {COUNTS, LEFT, BEFORE, ELSEWHERE, IN_TIME}

BROKEN = {
    "missing": ("", {INSTALLED} | NO_ANSWER),
    "picky": ("return None", {INSTALLED}),
    "stranger": ("return question", NO_ANSWER),
    "writing": ("question.opponents[0].metrics['mine'] = 1.0", {LEFT}),
    "remembering": (
        "seen.append(1)\n    return question.opponents[0] if len(seen) % 2 else None",
        {BEFORE, ELSEWHERE},
    ),
    "hashing": ("return question.opponents[hash(str(question)) % len(question.opponents)]", {ELSEWHERE}),
    "slow": (
        "until = perf_counter() + 1.0\n    while perf_counter() < until and len(question.opponents) > 99: pass",
        {IN_TIME},
    ),
}
"""What `select` does, and the laws that it breaks."""
SOURCE = """
from time import perf_counter

seen = []

def check(options):
    if options:
        raise ValueError("none for me")

def select(question, options, stream):
    {body}
"""
TESTS = """
from progenitor_controller.conformance import SelectionLaws

class Test_{name}(SelectionLaws):
    name = "{name}"
    options = {options}
    seconds = 0.9
    examples = 20
"""
UNSHRUNK = """
from hypothesis import Phase, settings

settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.generate])
settings.load_profile("unshrunk")
"""
"""That a law is broken is what is asked; the smallest question that breaks it takes most of the time."""


def test_the_kit_finds_what_is_broken(tmp_path: Path) -> None:
    installed = {name: SOURCE.format(body=body) for name, (body, _) in BROKEN.items() if name != "missing"}
    folder = install(tmp_path / "installed", installed)
    (tmp_path / "conftest.py").write_text(UNSHRUNK)
    tests = tmp_path / "test_broken.py"
    tests.write_text(
        "".join(TESTS.format(name=name, options={"any": 1} if name == "picky" else {}) for name in BROKEN)
    )
    told = pytest_of(tests, {**os.environ, "PYTHONPATH": str(folder)})
    failed = set(re.findall(r"^FAILED \S+::Test_(\w+)::(\w+)", told.stdout, re.MULTILINE))
    assert failed == {(name, law) for name, (_, laws) in BROKEN.items() for law in laws}, told.stdout
