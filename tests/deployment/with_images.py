"""What the Dockerfiles say is run: in folders, as there need be no container engine where tests run."""

import json
import subprocess
from importlib.metadata import version

import pytest
from packaging.utils import canonicalize_name

from .image import REPOSITORY, Image
from .lock import pinned_here


def packages(image: Image) -> dict[str, str]:
    """Those of the environment that `progenitor` runs in."""
    listed = subprocess.run(
        [image.path("/opt/progenitor/bin/pip"), "list", "--format=json", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = {canonicalize_name(package["name"]): package["version"] for package in json.loads(listed.stdout)}
    return {name: found[name] for name in found.keys() - {"pip", "setuptools"}}


@pytest.mark.parametrize(
    ("image", "folder"), [("controller_image", "controller"), ("worker_image", "worker_client")]
)
def test_an_image_holds_progenitor_and_what_its_lock_pins_and_nothing_else(
    image: str, folder: str, request: pytest.FixtureRequest
) -> None:
    found = packages(request.getfixturevalue(image))
    assert found.pop("progenitor") == version("progenitor")
    assert found == pinned_here(REPOSITORY / folder / "requirements.lock")


def test_both_images_make_one_user_who_is_not_root(controller_image: Image, worker_image: Image) -> None:
    accounts = {image.path("/etc/passwd").read_text() for image in (controller_image, worker_image)}
    assert accounts == {"progenitor:!:10001:10001::/var/lib/progenitor:/usr/sbin/nologin\n"}
    assert {image.user for image in (controller_image, worker_image)} == {"10001:10001"}
    assert all(image.path("/var/lib/progenitor").is_dir() for image in (controller_image, worker_image))


def test_a_controllers_image_serves_by_default_and_a_workers_tells_how(
    controller_image: Image, worker_image: Image
) -> None:
    assert (controller_image.entrypoint, worker_image.entrypoint) == (["progenitor"], ["progenitor"])
    assert controller_image.command[:2] == ["serve", "--listen"]
    told = subprocess.run(
        [worker_image.path("/opt/progenitor/bin/progenitor"), *worker_image.command],
        env=worker_image.variables({}),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "--controller" in told.stdout
