"""The protos: what clients of a release rely on stays, and the committed stubs are those of the protos."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of its own whose first commit holds today's protos."""
    shutil.copytree(ROOT / "proto", tmp_path / "proto", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "protos")


def replace(proto: Path, old: str, new: str) -> None:
    text = proto.read_text()
    assert text.count(old) == 1, f"{proto.name} no longer says {old!r} once: change this test with it"
    proto.write_text(text.replace(old, new))


def run(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "proto" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


BREAKS = [
    pytest.param("  int64 steps_per_trial = 3;", "", id="removed"),
    pytest.param("  int64 steps_per_trial = 3;", "  int64 steps_per_trial = 90;", id="renumbered"),
    pytest.param("  int64 steps_per_trial = 3;", "  string steps_per_trial = 3;", id="retyped"),
    pytest.param("  GOAL_MINIMIZE = 2;", "", id="enum value removed"),
]


@pytest.mark.parametrize(("old", "new"), BREAKS)
def test_a_change_that_breaks_a_field_is_found(repository: Path, old: str, new: str) -> None:
    replace(repository / "proto/progenitor/v1/study.proto", old, new)
    commit(repository)
    found = run(repository, "breaking.py")
    assert found.returncode != 0
    assert "study.proto" in found.stdout


def test_a_new_field_breaks_nothing(repository: Path) -> None:
    replace(
        repository / "proto/progenitor/v1/study.proto",
        "  int64 steps_per_trial = 3;",
        "  int64 steps_per_trial = 3;\n  int64 steps_per_evaluation = 90;",
    )
    commit(repository)
    checked = run(repository, "breaking.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_was_dropped_before_a_release_may_stay_dropped(repository: Path) -> None:
    replace(repository / "proto/progenitor/v1/study.proto", "  int64 steps_per_trial = 3;", "")
    commit(repository)
    git(repository, "tag", "v1.0.0")
    assert run(repository, "breaking.py").returncode == 0


def test_a_shallow_clone_says_that_it_cannot_compare(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    replace(repository / "proto/progenitor/v1/study.proto", "  int64 steps_per_trial = 3;", "")
    commit(repository)
    clone = tmp_path_factory.mktemp("clones") / "clone"
    git(repository, "clone", "--quiet", "--depth=1", repository.as_uri(), str(clone))
    checked = run(clone, "breaking.py")
    assert checked.returncode == 0
    assert "shallow clone" in checked.stderr


def test_the_contract_keeps_every_field_it_had() -> None:
    checked = run(ROOT, "breaking.py")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_committed_stubs_are_those_of_the_protos() -> None:
    checked = run(ROOT, "generate.py", "--check")
    assert checked.returncode == 0, checked.stderr


def test_a_stub_that_does_not_match_its_proto_is_named(repository: Path) -> None:
    replace(
        repository / "proto/progenitor/v1/study.proto",
        "  int64 steps_per_trial = 3;",
        "  int64 steps_per_session = 3;",
    )
    checked = run(repository, "generate.py", "--check")
    assert checked.returncode == 1
    assert "progenitor/v1/study_pb2.pyi" in checked.stderr
