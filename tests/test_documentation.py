"""What the documentation shows works, and what it links to is there."""

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


@pytest.mark.parametrize("source", training_files())
def test_a_training_file_of_the_documentation_trains(source: str, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(source)
    ran = subprocess.run(
        [sys.executable, "-m", "progenitor_cli", "run", "train.py", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    assert result["best"]["metrics"]["accuracy"] > 0.9


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_exists(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
