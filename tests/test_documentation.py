"""What the documentation shows works, and what it links to is there."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def training_files() -> list[str]:
    """Complete training files say their name in a comment on their first line."""
    python = [block for page in PAGES for block in blocks(page, "python")]
    return [block for block in python if block.startswith("# train.py")]


def test_the_documentation_has_a_training_file() -> None:
    assert training_files()


def ran(folder: Path, *arguments: str, told: str | None = None) -> str:
    """What Python prints that is run with these arguments in the folder."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        input=told,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize("source", training_files())
def test_a_training_file_of_the_documentation_trains_and_is_drawn(source: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(source)
    result = json.loads(ran(tmp_path, "-m", "progenitor_cli", "run", "train.py", "--json"))
    assert result["best"]["metrics"]["accuracy"] > 0.9

    trials = ran(tmp_path, "-m", "progenitor_cli", "trials", "--json")
    drawn = ran(tmp_path, str(ROOT / "docs" / "lineages.py"), "lr", "accuracy", told=trials)
    # A bar's tooltip tells of its trial.
    assert drawn.count("<title>lr ") == len(trials.splitlines())
    assert 'stroke-width="3"' in drawn


def test_the_commands_page_is_what_they_say_themselves() -> None:
    located = importlib.util.spec_from_file_location("docs_cli", ROOT / "docs" / "cli.py")
    assert located is not None
    assert located.loader is not None
    module = importlib.util.module_from_spec(located)
    located.loader.exec_module(module)
    assert module.PAGE.read_text() == module.page(), "python docs/cli.py writes it anew"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
