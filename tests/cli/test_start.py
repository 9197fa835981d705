import subprocess
import sys

from .place import Place

HEAVY = (
    "grpc",
    "sqlalchemy",
    "numpy",
    "rich.live",
    "google.protobuf",
    "progenitor_worker",
    "progenitor_controller",
)


def python(source: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_commands_are_known_without_what_they_need() -> None:
    found = python(
        f"import sys, progenitor_cli.main; print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert found.stdout.strip() == "[]", found.stderr


def test_a_controller_starts_without_what_only_models_need() -> None:
    found = python(
        "import sys, progenitor_controller.server; print([name for name in ('scipy', 'cmaes') if name in sys.modules])"
    )
    assert found.stdout.strip() == "[]", found.stderr


def test_help_and_version_end_well(place: Place) -> None:
    for arguments in (["--help"], ["run", "--help"], ["serve", "-h"], ["work", "-h"], ["--version"]):
        found = place.run(*arguments)
        assert found.code == 0
        assert found.out
    assert "Exit codes" in place.run("run", "--help").out
    assert not place.folder.exists()


def test_a_file_without_a_command_is_told_which_one(place: Place) -> None:
    refused = place.run("train.py", "--json")
    assert refused.code == 2
    assert "progenitor run train.py --json" in refused.err


def test_without_the_servers_packages_a_command_says_what_to_install() -> None:
    found = python(
        "import sys\n"
        "sys.modules['sqlalchemy'] = None\n"  # as if it were not installed
        "sys.argv = ['progenitor', 'serve', '--listen', '127.0.0.1:0', '--database', 'sqlite:///nowhere.db']\n"
        "from progenitor_cli.main import main\n"
        "main()\n"
    )
    assert found.returncode == 2
    assert "pip install 'progenitor[server]'" in found.stderr
    assert "Traceback" not in found.stderr


def test_nobody_reading_is_no_error() -> None:
    found = python(
        "import subprocess, sys\n"
        "process = subprocess.Popen([sys.executable, '-m', 'progenitor_cli', 'run', '--help'],\n"
        "    stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
        "process.stdout.close()\n"
        "sys.stdout.write(process.stderr.read().decode())\n"
    )
    assert "Traceback" not in found.stdout
