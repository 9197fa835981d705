"""Installs plug-ins as pip does: modules, and a .dist-info that names them, in a folder on the path."""

from collections.abc import Iterable, Mapping
from pathlib import Path

KINDS = ("selection", "exploration", "algorithm", "stopping")

CAUTIOUS = '''
"""A plug-in of every kind that changes nothing."""

def select(question, options, stream):
    return None

def explore(question, options, stream):
    return question.inherited

def begin(question, options, stream):
    return {}

def should_stop(question, options):
    return False
'''


def install(folder: Path, modules: Mapping[str, str], kinds: Iterable[str] = KINDS) -> Path:
    """Each module is a plug-in of these kinds, under its own name. Gives the folder, which must not be on the path
    yet.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    distribution = "_".join(sorted(modules))
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    groups = (f"[progenitor.{kind}]\n" + "".join(f"{name} = {name}\n" for name in modules) for kind in kinds)
    (info / "entry_points.txt").write_text("\n".join(groups))
    return folder
