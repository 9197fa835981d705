"""A compose file's services as processes of this machine, one for each container, started in their order."""

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.waiting import until

from .compose import in_order
from .image import REPOSITORY, Image

PATIENCE = 90.0
"""Seconds for a container to start, on a machine that does other things too."""


@dataclass
class Deployment:
    """Runs the services whose images are given; the others are there already.

    `places` says for each service what the names of the compose file's network are here.
    """

    folder: Path
    services: Mapping[str, Any]
    images: Mapping[str, Image]
    places: Mapping[str, Mapping[str, str]]
    programs: Path
    """Where those are that the health checks of other images start."""
    containers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, service: str, replica: int = 1) -> subprocess.Popen[bytes]:
        """Its command, in its image, with its environment."""
        described = self.services[service]
        image = self.images[described["image"]]
        words: list[str] = [*image.entrypoint, *described.get("command", image.command)]
        program, *arguments = words
        container = f"{service}-{replica}"
        with (self.folder / f"{container}.out").open("ab") as output:
            process = subprocess.Popen(
                [image.path(f"/opt/progenitor/bin/{program}"), *(self.placed(service, a) for a in arguments)],
                cwd=image.path(image.workdir),
                env=image.variables(described.get("environment", {})),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.containers[container] = process
        return process

    def up(self, scale: Mapping[str, int]) -> None:
        """Each service once what it depends on is as it asks."""
        for service in in_order(self.services):
            for needed, asked in self.services[service].get("depends_on", {}).items():
                until(partial(self.meets, needed, asked["condition"]), PATIENCE)
            if self.services[service]["image"] in self.images:
                for replica in range(1, scale.get(service, 1) + 1):
                    self.start(service, replica)

    def meets(self, service: str, condition: str) -> bool:
        if condition == "service_healthy":
            return self.healthy(service)
        assert condition == "service_completed_successfully"
        code = self.containers[f"{service}-1"].poll()
        assert code in {None, 0}, self.output()
        return code == 0

    def healthy(self, service: str) -> bool:
        kind, program, *arguments = self.services[service]["healthcheck"]["test"]
        assert kind == "CMD"
        image = self.images.get(self.services[service]["image"])
        asked = subprocess.run(
            [
                (image.path("/opt/progenitor/bin") if image else self.programs) / program,
                *(self.placed(service, argument) for argument in arguments),
            ],
            env=image.variables({}) if image else {},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
        return asked.returncode == 0

    def placed(self, service: str, text: str) -> str:
        for inside, here in {**self.places[service], **self.volumes(service)}.items():
            text = text.replace(inside, here)
        return text

    def volumes(self, service: str) -> dict[str, str]:
        """Where a container's folders are here: in the repository, or for named ones beside the others' output."""
        found = {}
        for volume in self.services[service].get("volumes", ()):
            source, inside, *_ = volume.split(":")
            place = REPOSITORY / source if source.startswith((".", "/")) else self.folder / "volumes" / source
            found[inside] = str(place)
        return found

    def output(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()}" for path in sorted(self.folder.glob("*.out")))

    def end(self) -> None:
        for process in self.containers.values():
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
