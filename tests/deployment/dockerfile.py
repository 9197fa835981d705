"""A Dockerfile's instructions, and the files that its build is given."""

import fnmatch
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Instruction:
    """`RUN pip install …` has the name RUN; `text` is the rest, its lines joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Of the exec form."""
        found: list[str] = json.loads(self.text)
        return found


def instructions(source: str) -> list[Instruction]:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parts = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [Instruction(name, text.strip()) for name, _, text in parts]


def final_stage(found: list[Instruction]) -> list[Instruction]:
    last = max(number for number, instruction in enumerate(found) if instruction.name == "FROM")
    return found[last:]


def context_files(root: Path) -> list[PurePosixPath]:
    """What `docker build` of the repository sees: what git does not ignore, less what .dockerignore leaves out."""
    listed = subprocess.run(
        [
            *("git", "-c", f"safe.directory={root}", "ls-files", "-z"),
            *("--cached", "--others", "--exclude-standard"),
        ],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    files = {PurePosixPath(name) for name in listed.stdout.split("\0") if name and (root / name).is_file()}
    return sorted(file for file in files if not ignored(file, patterns))


def ignored(file: PurePosixPath, patterns: list[str]) -> bool:
    """As Docker reads .dockerignore: the last pattern that matches a file, or a folder above it, decides."""
    found = False
    for pattern in patterns:
        if any(matches(path, pattern.removeprefix("!")) for path in (file, *file.parents)):
            found = not pattern.startswith("!")
    return found


def matches(path: PurePosixPath, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(path.name, pattern.removeprefix("**/"))
    parts, wanted = path.parts, PurePosixPath(pattern).parts
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
