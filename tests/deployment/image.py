"""An image as its Dockerfile makes it, below a folder instead of below /: every command of it is run for real."""

import dataclasses
import fcntl
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .dockerfile import Instruction, context_files, instructions

REPOSITORY = Path(__file__).resolve().parents[2]
INSIDE = re.compile(r"(?<![\w./])/(?=(?:opt|source|training|usr/local|var/lib)\b)")
"""Where a path begins that is the image's own; those of the base image's system are this machine's."""
SYSTEM_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin"
ACCOUNTS = re.compile(r"\b(groupadd|useradd) ")
OF_THE_BUILD = re.compile(r"PIP_|SSL_|(?i:https?_proxy|no_proxy)")
"""What a machine says of its package registry and its proxies, a build is told too."""
PATIENCE = 300.0
"""Seconds that one instruction may take."""


@dataclass(slots=True)
class Image:
    """`root` stands for /. Everything else is in the image's own words, which `mapped` turns into this machine's."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)

    def mapped(self, text: str) -> str:
        return INSIDE.sub(f"{self.root}/", text)

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        """Those of a process in this image: none of the machine's, as a container has none."""
        inside = {"PATH": SYSTEM_PATH} | self.environment | dict(more)
        return {name: self.mapped(value) for name, value in inside.items()}


def built_once(dockerfile: Path, root: Path) -> Image:
    """By whichever test process comes first; the others wait for it."""
    record = root.with_suffix(".json")
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            image = built(dockerfile, root)
            record.write_text(json.dumps(dataclasses.asdict(image), default=str))
        fields: dict[str, Any] = json.loads(record.read_text())
    return Image(Path(fields.pop("root")), **fields)


def built(dockerfile: Path, root: Path) -> Image:
    """All stages share the folder, so a venv that one copies from another keeps its place."""
    (root / "etc").mkdir(parents=True)
    for accounts in ("passwd", "group"):
        (root / "etc" / accounts).touch()
    # The base image's Python.
    subprocess.run([sys.executable, "-m", "venv", str(root / "usr/local")], check=True, timeout=PATIENCE)
    image = Image(root)
    for instruction in instructions(dockerfile.read_text()):
        follow(image, instruction)
    return image


def follow(image: Image, instruction: Instruction) -> None:
    text = instruction.text
    match instruction.name:
        case "FROM":
            image.environment, image.workdir = {}, "/"
        case "WORKDIR":
            image.workdir = text
            image.path(text).mkdir(parents=True, exist_ok=True)
        case "COPY":
            copy(image, text)
        case "RUN":
            run(image, text)
        case _:
            describe(image, instruction)


def describe(image: Image, instruction: Instruction) -> None:
    """What the image is to remember."""
    match instruction.name:
        case "ENV":
            path = image.environment.get("PATH", SYSTEM_PATH)
            words = shlex.split(instruction.text)
            image.environment |= dict(word.replace("$PATH", path).split("=", 1) for word in words)
        case "USER":
            image.user = instruction.text
        case "ENTRYPOINT":
            image.entrypoint = instruction.words
        case "CMD":
            image.command = instruction.words
        case "HEALTHCHECK":
            check = instruction.text.partition("CMD ")[2]
            image.healthcheck = Instruction("CMD", check).words if check else []
        case other:
            assert other in {"LABEL", "EXPOSE", "STOPSIGNAL"}, f"{other} is not followed here"


def copy(image: Image, text: str) -> None:
    *sources, target = text.split()
    if sources[0].startswith("--from="):
        assert sources[1:] == [target], "a venv does not work in another place"
        assert image.path(target).is_dir()
        return
    folder = image.path(f"{image.workdir}/{target}")
    for file in context_files(REPOSITORY):
        if "." in sources:
            place = folder / file
        elif str(file) in sources:
            place = folder / file.name
        else:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / file, place)


def run(image: Image, text: str) -> None:
    """Accounts are made in the image's own files: the tools have an option for that."""
    if ACCOUNTS.search(text):
        command = ["sh", "-c", ACCOUNTS.sub(rf"\1 --prefix {image.root} ", text)]
        command = command if os.geteuid() == 0 else ["unshare", "--map-root-user", *command]
    else:
        command = ["sh", "-c", image.mapped(text)]
    told = {name: value for name, value in os.environ.items() if OF_THE_BUILD.match(name)}
    told["PIP_NO_COMPILE"] = "1"  # half of the time, and the modules that are used are compiled then
    ended = subprocess.run(
        command,
        cwd=image.path(image.workdir),
        env=image.variables({}) | told | {"HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, f"RUN {text}\n{ended.stdout}{ended.stderr}"
