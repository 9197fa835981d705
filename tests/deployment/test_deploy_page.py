"""What docs/deploy.md shows is what the tools take."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer
from ruamel.yaml import YAML

from progenitor_cli.main import app

from .compose import services
from .image import REPOSITORY

PAGE = (REPOSITORY / "docs" / "deploy.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def shown_commands() -> list[list[str]]:
    """The words behind `progenitor` in blocks of commands, in units' ExecStart, and of the containers' arguments."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines += [line.removeprefix("ExecStart=") for block in blocks("ini") for line in block.splitlines()]
    found = [shlex.split(line, comments=True) for line in lines]
    commands = [words[1:] for words in found if words and Path(words[0]).name == "progenitor"]
    (derived,) = blocks("dockerfile")
    commands.append(
        shlex.split(derived.replace("\\\n", "").partition("CMD [")[2].strip(" ]\n").replace(",", " "))
    )
    (job,) = manifests()
    commands.append(job["spec"]["template"]["spec"]["containers"][0]["args"])
    return commands


def manifests() -> list[Any]:
    return [YAML(typ="safe", pure=True).load(block) for block in blocks("yaml")]


def composed_commands() -> list[list[str]]:
    return [s["command"] for s in services(REPOSITORY / "docker-compose.yml", {}).values() if "command" in s]


@pytest.mark.parametrize("words", [*shown_commands(), *composed_commands()], ids=" ".join)
def test_a_command_is_one_that_there_is_with_options_that_it_has(words: list[str]) -> None:
    group: Any = typer.main.get_command(app)
    name, *arguments = words
    group.commands[name].make_context(name, arguments).close()


def test_the_page_shows_each_of_the_deployments_commands() -> None:
    assert {words[0] for words in shown_commands()} >= {"serve", "work", "migrate", "status"}


def test_hadolint_has_nothing_to_say_about_an_image_on_top_of_a_workers(tmp_path: Path) -> None:
    (derived,) = blocks("dockerfile")
    (tmp_path / "Dockerfile").write_text(
        derived.replace("FROM progenitor-worker", "FROM progenitor-worker:1")
    )
    linted = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "--failure-threshold=style", str(tmp_path / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stdout


def test_the_kubernetes_job_ends_as_the_workers_ask() -> None:
    (job,) = manifests()
    pod = job["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 45
    assert pod["restartPolicy"] == "Never", "a policy for failed pods needs it"
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }


def test_the_picture_is_well_formed_and_names_the_parts() -> None:
    picture = ET.parse(REPOSITORY / "docs" / "deploy.svg")  # noqa: S314 - our own
    words = " ".join(text for element in picture.iter() if (text := element.text))
    assert all(
        part in words for part in ("progenitor serve", "progenitor work", "PostgreSQL", "shared folder")
    )
