"""What a lock pins."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pins(lock: Path) -> dict[tuple[str, str], str]:
    """The lines that pin each package, hashes included, by its name and version."""
    found: dict[tuple[str, str], str] = {}
    for entry in re.split(r"\n(?=\S)", lock.read_text().strip()):
        requirement = Requirement(entry.split(" \\", 1)[0])
        found[canonicalize_name(requirement.name), str(requirement.specifier)] = entry
    return found


def pinned_here(lock: Path) -> dict[str, str]:
    """Name and version of what the lock installs on this machine."""
    requirements = (Requirement(entry.split(" \\", 1)[0]) for entry in pins(lock).values())
    return {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate()
    }
