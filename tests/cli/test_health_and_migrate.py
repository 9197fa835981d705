import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import create_engine, text

from progenitor_storage.tables import REVISION

from .place import Place, ended


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def set_revision(url: str, revision: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE progenitor_schema SET version_num = :it"), {"it": revision})
    engine.dispose()


def test_a_new_database_is_migrated_once_and_says_from_where_to_where(
    place: Place, new_database_url: str
) -> None:
    migrate = ("migrate", "--database", new_database_url, "--json")
    needed = place.run(*migrate, "--check")
    assert (needed.code, needed.result["from"], needed.result["to"]) == (1, None, REVISION)
    done = place.run(*migrate)
    assert (done.code, done.result["from"], done.result["to"]) == (0, None, REVISION)
    again = place.run(*migrate)
    assert (again.code, again.result["from"], again.result["to"]) == (0, REVISION, REVISION)
    assert place.run(*migrate, "--check").code == 0


def test_a_check_makes_nothing(place: Place) -> None:
    found = place.run("migrate", "--check")
    assert found.code == 1
    assert "is to be migrated: from a database without tables" in found.out
    assert list(place.path.iterdir()) == []


def test_a_folders_database_is_migrated_by_default(place: Place) -> None:
    found = place.run("migrate")
    assert found.code == 0, found.err
    assert f"{place.folder / 'progenitor.db'} is migrated" in found.out
    assert f"revision {REVISION}" in found.out


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_database_of_a_later_release_is_refused(
    place: Place, database_url: str, arguments: list[str]
) -> None:
    set_revision(database_url, "9999")
    found = place.run("migrate", "--database", database_url, *arguments)
    assert found.code == 1
    assert "later release" in found.err
    assert "'9999'" in found.err
    assert "Traceback" not in found.err


def test_a_password_is_not_shown(
    place: Place, new_postgresql_database: Callable[[str], str], postgresql_template: str
) -> None:
    url = new_postgresql_database(postgresql_template).replace("postgres:", "postgres:secret-word", 1)
    found = place.run("migrate", "--database", url)
    assert (found.code, found.err) == (0, "")
    assert "secret-word" not in found.out


def test_a_folder_in_use_is_not_migrated_under_its_controller(place: Place) -> None:
    server = place.start("serve", "--listen", "127.0.0.1:0", "--json")
    assert server.stdout is not None
    server.stdout.readline()
    assert place.run("migrate").code == 0, "there is nothing to do"
    (place.folder / "progenitor.db").unlink()
    found = place.run("migrate")
    assert found.code == 2
    assert f"process {server.pid}" in found.err


def test_what_is_no_database_is_a_usage_error(place: Place) -> None:
    found = place.run("migrate", "--database", "mysql://host/name")
    assert found.code == 2
    assert "postgresql://" in found.err


def test_health_follows_a_controller_from_its_start_to_its_end(place: Place) -> None:
    address = free_address()
    before = place.run("health", address, "--json")
    assert (before.code, before.result["status"]) == (1, "UNREACHABLE")
    waiting = place.start("health", address, "--wait", "60")
    server = place.start("serve", "--listen", address)
    found = ended(waiting)
    assert (found.code, found.out) == (0, f"{address} SERVING\n")
    server.send_signal(signal.SIGTERM)
    assert ended(server).code == 0
    assert place.run("health", address).code == 1


@pytest.mark.parametrize("address", ["localhost", ":50051", "127.0.0.1:port"])
def test_health_wants_a_host_and_a_port(place: Place, address: str) -> None:
    found = place.run("health", address)
    assert found.code == 2
    assert "HOST:PORT" in found.err


def test_health_names_the_packages_that_a_thin_worker_lacks(place: Place) -> None:
    program = (
        "import sys; sys.modules['grpc_health'] = None; sys.argv = ['progenitor', 'health', '127.0.0.1:1']\n"
        "from progenitor_cli.main import main; main()"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=place.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert found.returncode == 2
    assert "progenitor[server]" in found.stderr


def test_who_may_not_make_tables_is_told_and_may_serve_once_they_are_there(
    place: Place, new_postgresql_database: Callable[[str], str]
) -> None:
    """With the rights that docs/deploy.md names."""
    url = new_postgresql_database("template1")
    as_clerk = url.replace("//postgres:@", "//clerk@")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN")
        refused = place.run("migrate", "--database", as_clerk)
        assert refused.code == 1
        assert "permission denied" in refused.err
        assert "Traceback" not in refused.err
        assert place.run("migrate", "--database", url).code == 0
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk")
        connection.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clerk")
        place.train_file(population=1, steps=2)
        found = place.run("run", "train.py", "--database", as_clerk, "--json")
        assert found.code == 0, found.err
        connection.execute("DROP OWNED BY clerk")
        connection.execute("DROP ROLE clerk")
