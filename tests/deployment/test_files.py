"""The deployment's files as tools read them, and what they promise."""

import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from .compose import services
from .dockerfile import context_files, final_stage, ignored, instructions
from .image import REPOSITORY
from .lock import pins

DOCKERFILES = [REPOSITORY / "controller" / "Dockerfile", REPOSITORY / "worker_client" / "Dockerfile"]
COMPOSE = REPOSITORY / "docker-compose.yml"
LOCKS = [
    REPOSITORY / "controller" / "requirements.lock",
    REPOSITORY / "controller" / "build.lock",
    REPOSITORY / "worker_client" / "requirements.lock",
]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=name_of)
def test_hadolint_has_nothing_to_say(dockerfile: Path) -> None:
    linted = tool("hadolint", "--failure-threshold=style", str(dockerfile))
    assert (linted.returncode, linted.stdout) == (0, ""), linted.stdout
    assert "hadolint" not in dockerfile.read_text(), "no rule is left out"


def test_the_compose_file_meets_the_specification() -> None:
    checked = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=name_of)
def test_an_image_is_small_and_runs_one_program_as_nobody_special(dockerfile: Path) -> None:
    found = instructions(dockerfile.read_text())
    stages = [instruction.text for instruction in found if instruction.name == "FROM"]
    assert len({stage.partition(" AS ")[0] for stage in stages}) == 1, "what was built for it fits"
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+( AS build)?", stage) for stage in stages)
    final = {instruction.name: instruction.text for instruction in final_stage(found)}
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", final["USER"]), "by number, so that Kubernetes can tell"
    assert final["STOPSIGNAL"] == "SIGTERM"
    assert final["ENTRYPOINT"] == '["progenitor"]'
    assert final["COPY"] == "--from=build /opt/progenitor /opt/progenitor"
    assert "pip install" not in final["RUN"]
    assert "HEALTHCHECK" in final
    assert "org.opencontainers.image.title" in final["LABEL"]


def test_both_images_have_the_same_python() -> None:
    assert len({instructions(dockerfile.read_text())[0].text for dockerfile in DOCKERFILES}) == 1


@pytest.mark.parametrize("lock", LOCKS, ids=name_of)
def test_an_images_lock_is_a_part_of_the_repositorys(lock: Path) -> None:
    whole, part = pins(REPOSITORY / "requirements.lock"), pins(lock)
    assert part.keys() <= whole.keys()
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in part.values())
    assert "://" not in lock.read_text()


def test_a_workers_lock_is_a_part_of_the_controllers_without_the_server() -> None:
    worker, controller = pins(LOCKS[2]), pins(LOCKS[0])
    assert worker.keys() < controller.keys()
    assert not {"sqlalchemy", "numpy", "scipy", "psycopg"} & {name for name, _ in worker}


def test_a_build_sees_the_packages_and_nothing_private() -> None:
    files = {str(file) for file in context_files(REPOSITORY)}
    assert {"pyproject.toml", "README.md", "LICENSE", "controller/build.lock"} <= files
    assert "storage/progenitor_storage/migrations/versions/0001_first.py" in files
    tops = {file.partition("/")[0] for file in files}
    assert tops <= {
        *("LICENSE", "README.md", "pyproject.toml", "proto", "storage", "controller", "worker_client", "cli")
    }
    patterns = (REPOSITORY / ".dockerignore").read_text().splitlines()
    for private in (
        ".env",
        ".git/config",
        ".progenitor/progenitor.db",
        "cli/progenitor_cli/__pycache__/x.pyc",
    ):
        assert ignored(PurePosixPath(private), patterns), private


def test_nothing_is_published_but_on_the_loopback_address() -> None:
    """There is no authentication yet."""
    published = {name: service.get("ports", []) for name, service in services(COMPOSE, {}).items()}
    assert {name for name, ports in published.items() if ports} == {"controller-1", "controller-2"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_no_password_stands_in_the_compose_file() -> None:
    given = re.findall(r"PASSWORD: *(.*)", COMPOSE.read_text())
    assert given
    assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in given)
    with pytest.raises(ValueError, match=r"POSTGRES_PASSWORD=… into the file \.env"):
        services(COMPOSE, {"POSTGRES_PASSWORD": ""})


def test_every_service_has_limits_a_restart_policy_and_time_to_end() -> None:
    for name, service in services(COMPOSE, {}).items():
        assert "restart" in service, name
        if name == "migrate":
            continue
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert "stop_grace_period" in service, name


def test_workers_are_told_of_every_controller() -> None:
    found = services(COMPOSE, {})
    (addresses,) = [word for word in found["worker"]["command"] if word.startswith("controller-")]
    controllers = [name for name in found if name.startswith("controller-")]
    assert addresses.split(",") == [f"{name}:50051" for name in controllers]
    assert found["worker"]["depends_on"].keys() == set(controllers)
