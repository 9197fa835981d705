import os
from pathlib import Path

import pytest

from .image import REPOSITORY, Image, built_once


@pytest.fixture(scope="session")
def images_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "images"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def controller_image(images_folder: Path) -> Image:
    return built_once(REPOSITORY / "controller" / "Dockerfile", images_folder / "controller")


@pytest.fixture(scope="session")
def worker_image(images_folder: Path) -> Image:
    return built_once(REPOSITORY / "worker_client" / "Dockerfile", images_folder / "worker")
