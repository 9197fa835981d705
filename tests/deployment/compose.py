"""docker-compose.yml as `docker compose` reads it: variables put in, merges done."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
PASSWORD = {"POSTGRES_PASSWORD": "of-the-tests"}


def services(file: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """By name; raises ValueError for a variable that must be given. The tests' password is given."""
    text = VARIABLE.sub(lambda match: value_of(match, PASSWORD | dict(variables)), file.read_text())
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["services"]
    return found


def value_of(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, kind, text = match.groups()
    if value := variables.get(name):
        return value
    if kind == "?":
        raise ValueError(f"{name}: {text}")
    return text or ""


def in_order(found: Mapping[str, Any]) -> list[str]:
    """Each service after those that it depends on."""
    ordered: list[str] = []
    while len(ordered) < len(found):
        ready = [
            name
            for name, service in found.items()
            if name not in ordered and service.get("depends_on", {}).keys() <= set(ordered)
        ]
        assert ready, "services wait for each other"
        ordered += ready
    return ordered
