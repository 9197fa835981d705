import json
import signal
import subprocess

import pytest

from progenitor.v1 import trial_pb2
from progenitor_cli.client import Client
from progenitor_cli.lookup import connected

from .place import Place, ended

SLOW = "time.sleep(0.02)"


def serve(place: Place, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    """The process, once it is ready, and its address."""
    process = place.start("serve", "--listen", "127.0.0.1:0", "--json", *arguments)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert ready["pid"] == process.pid
    address: str = ready["address"]
    return process, address


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    found = ended(process)
    assert found.code == 0, found.err
    assert "Traceback" not in found.err


def test_work_makes_the_study_and_ends_with_it(place: Place) -> None:
    place.train_file()
    server, address = serve(place)
    assert (place.folder / "address").read_text().strip() == address
    found = place.run("work", "train.py", "--controller", address)
    assert found.code == 0, found.err
    assert "train is completed" in found.out
    assert len(place.trials()) == 9
    stop(server)
    assert not (place.folder / "address").exists()
    assert len(place.trials()) == 9


def test_several_workers_share_a_study(place: Place) -> None:
    place.train_file(population=4, steps=20, body=SLOW)
    server, address = serve(place)
    workers = [
        place.start(
            "work", "train.py", "--controller", f"127.0.0.1:1,{address}", "--workers", "1", "--name", name
        )
        for name in ("ada", "bob")
    ]
    for worker in workers:
        found = ended(worker)
        assert found.code == 0, found.err
    trials = place.trials()
    assert len(trials) == 40
    workers_of_trials = {trial["worker"]["id"] for trial in trials}
    assert {worker.partition("-")[0] for worker in workers_of_trials} == {"ada", "bob"}
    stop(server)


def test_a_command_works_on_a_study_that_is_there(place: Place) -> None:
    place.train_file(population=2, steps=4)
    server, address = serve(place)
    missing = place.run("work", "--study", "train", "--command", "true", "--controller", address)
    assert missing.code == 1
    assert "train" in missing.err
    with Client(address) as client:
        other = place.run("run", "train.py", "--dir", "other")  # for a specification to create it from
        assert other.code == 0
        with connected(None, None, place.path / "other") as run:
            client.create_study("train", run.get_study("studies/train").spec, {})
    train = (
        'cp "$PROGENITOR_PARAMETERS" "$PROGENITOR_CHECKPOINT/p.json" && '
        'echo \'{"metrics": {"score": 1.5}}\' >> "$PROGENITOR_METRICS"'
    )
    found = place.run("work", "--study", "train", "--command", train, "--controller", address)
    assert found.code == 0, found.err
    assert {trial["measurement"]["metrics"]["score"] for trial in place.trials()} == {1.5}
    stop(server)


def test_work_makes_no_study_if_told_so(place: Place) -> None:
    place.train_file()
    server, address = serve(place)
    found = place.run("work", "train.py", "--controller", address, "--no-create")
    assert found.code == 1
    assert "There is no study 'train'" in found.err
    stop(server)


def test_sigterm_gives_trials_back_and_another_worker_goes_on(place: Place) -> None:
    place.train_file(population=2, steps=40, body=f"{SLOW}; print('trained', session.seed, step, flush=True)")
    server, address = serve(place)
    worker = place.start("work", "train.py", "--controller", address, "--workers", "2")
    assert worker.stdout is not None
    while "completed" not in worker.stdout.readline():
        assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    assert ended(worker).code == 143
    assert not place.trials("train", trial_pb2.TRIAL_STATE_RUNNING)
    assert place.run("work", "train.py", "--controller", address).code == 0
    logs = "\n".join(log.read_text() for log in place.folder.glob("logs/*/*.log"))
    steps = [line for line in logs.splitlines() if line.startswith("trained")]
    assert len(steps) == len(set(steps)), "no step is trained twice"
    stop(server)


def test_an_address_in_use_is_an_error(place: Place) -> None:
    server, address = serve(place)
    found = place.run("serve", "--listen", address, "--database", f"sqlite:///{place.path}/other.db")
    assert found.code == 1
    assert address in found.err
    assert "Traceback" not in found.err
    stop(server)


def test_a_folders_database_is_served_once(place: Place) -> None:
    server, address = serve(place)
    found = place.run("serve", "--listen", "127.0.0.1:0")
    assert found.code == 2
    assert f"process {server.pid}" in found.err
    assert address in found.err
    stop(server)


def test_an_address_that_others_reach_comes_with_a_warning(place: Place) -> None:
    process = place.start("serve", "--listen", "0.0.0.0:0", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["address"].startswith("0.0.0.0:")
    process.send_signal(signal.SIGTERM)
    found = ended(process)
    assert found.code == 0
    assert "no authentication" in found.err


@pytest.mark.parametrize("listen", ["somewhere", "127.0.0.1:port", ":50051", "127.0.0.1:70000"])
def test_what_is_no_address_is_a_usage_error(place: Place, listen: str) -> None:
    found = place.run("serve", "--listen", listen)
    assert found.code == 2
    assert "HOST:PORT" in found.err


def test_work_wants_a_file_or_a_study_with_a_command(place: Place) -> None:
    for arguments in ([], ["--study", "train"], ["--command", "true"]):
        found = place.run("work", *arguments, "--controller", "127.0.0.1:1")
        assert found.code == 2
        assert "FILE" in found.err


def test_a_controller_that_does_not_answer_ends_work(place: Place) -> None:
    place.train_file()
    found = place.run("work", "train.py", "--controller", "127.0.0.1:1")
    assert found.code == 1
    assert "No controller answers at 127.0.0.1:1" in found.err
