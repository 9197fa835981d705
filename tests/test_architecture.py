"""What may import what at all, and what is delivered.

import-linter's contracts in pyproject.toml name what is forbidden; the lists here name all that is allowed.
"""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "progenitor": "proto",
    "progenitor_cli": "cli",
    "progenitor_controller": "controller",
    "progenitor_storage": "storage",
    "progenitor_worker": "worker_client",
}

# modules of the standard library that neither see the world outside nor differ from one process to another
PURE = {
    "abc",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "math",
    "numbers",
    "operator",
    "statistics",
    "types",
    "typing",
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    first, *others = PACKAGES
    return grimp.build_graph(
        first,
        *others,
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def imported_by(graph: grimp.ImportGraph, package: str) -> set[str]:
    """All that the modules of a package import from outside of it."""
    modules = {package} | graph.find_descendants(package)
    return set().union(*map(graph.find_modules_directly_imported_by, modules)) - modules


def outside(imported: set[str], allowed: set[str]) -> list[str]:
    """What is neither an allowed module nor below one."""
    return sorted(m for m in imported if not any(m == a or m.startswith(f"{a}.") for a in allowed))


def test_decisions_import_numbers_and_stored_records_only(graph: grimp.ImportGraph) -> None:
    imported = imported_by(graph, "progenitor_controller.algorithms")
    assert outside(imported, PURE | {"cmaes", "numpy", "scipy", "progenitor_storage.model"}) == []


def test_stored_records_import_nothing_of_the_world(graph: grimp.ImportGraph) -> None:
    assert outside(imported_by(graph, "progenitor_storage.model"), PURE) == []


def test_the_worker_imports_the_contract_its_wire_and_the_standard_library_only(
    graph: grimp.ImportGraph,
) -> None:
    imported = imported_by(graph, "progenitor_worker")
    wire = {"progenitor.v1", "google", "grpc", "grpc_status"}
    assert outside(imported, set(sys.stdlib_module_names) | wire) == []


def test_the_contract_package_needs_the_wire_only(graph: grimp.ImportGraph) -> None:
    imported = imported_by(graph, "progenitor")
    assert outside(imported, set(sys.stdlib_module_names) | {"google", "grpc"}) == []


def test_the_import_contracts_hold() -> None:
    lint = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert lint.returncode == 0, lint.stdout + lint.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_a_wheel_brings_no_generic_names(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_a_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    wanted = {
        path.relative_to(ROOT / source).as_posix()
        for package, source in PACKAGES.items()
        for path in (ROOT / source / package).rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    assert wanted - set(wheel.namelist()) == set()
    assert {f"{package}/py.typed" for package in PACKAGES} <= wanted
    assert {"progenitor/v1/study_pb2.py", "progenitor_storage/migrations/env.py"} <= wanted


def test_a_wheel_is_enough_to_make_a_database(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "installed")
    program = (
        "import asyncio, progenitor_storage as s\n"
        "database = asyncio.run(s.Database.open('sqlite:///study.db'))\n"
        "asyncio.run(database.close())\n"
        "print(s.__file__)"
    )
    made = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(str(tmp_path / "installed"))
    assert (tmp_path / "study.db").stat().st_size > 0


def locked() -> dict[str, tuple[Version, str]]:
    """Each pinned package's version, and the lines that pin it."""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text().strip())
    pins: dict[str, tuple[Version, str]] = {}
    for entry in entries:
        requirement = Requirement(entry.split(" \\", 1)[0])
        (pin,) = requirement.specifier
        assert pin.operator == "=="
        pins[canonicalize_name(requirement.name)] = (Version(pin.version), entry)
    return pins


def test_the_lock_holds_a_hash_for_every_package_and_no_address() -> None:
    for name, (_, entry) in locked().items():
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_the_lock_meets_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(r for extra in project["project"]["optional-dependencies"].values() for r in extra),
        *project["dependency-groups"]["dev"],
    ]
    pins = locked()
    for requirement in map(Requirement, asked):
        if requirement.name != "progenitor":
            version, _ = pins[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), requirement


def test_no_committed_file_names_a_package_registry() -> None:
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    address = re.compile(rb"(https?|file)://[^\s\"']*(/simple\b|pypi|pythonhosted)|--(extra-)?index-url[ =]")
    naming = [
        name
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and address.search((ROOT / name).read_bytes())
    ]
    assert naming == []
