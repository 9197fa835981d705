"""Results in a file, one a line, so that a run that was interrupted goes on."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path

import progenitor_controller

from .jobs import Job, Result, from_json, to_json

HERE = Path(__file__).parent
PROBLEM_FILES = (
    "control",
    "held_back",
    "known_problems",
    "new_problems",
    "problem",
    "problems",
    "simulation",
)
CONTROLLER = Path(progenitor_controller.__file__).parent


def code_of(method: str) -> str:
    """A digest of the code that a method's results follow from: those of other code are not counted."""
    files = [HERE.parent / "problems.py", *(HERE / f"{name}.py" for name in PROBLEM_FILES)]
    if method.startswith("ray"):
        files += [HERE / "ray_tune.py", HERE / "ray_spaces.py"]
    else:
        files += [HERE / "service.py", HERE / "methods.py", *sorted(CONTROLLER.glob("algorithms/**/*.py"))]
        files += sorted(CONTROLLER.glob("wire/**/*.py"))
    digest = sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


class Results:
    """Those in the file that the code as it is now has made."""

    def __init__(self, path: Path, methods: Iterable[str]) -> None:
        self._path = path
        self._codes = {method: code_of(method) for method in methods}
        self._of_job: dict[Job, Result] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                self._read(line)

    def __contains__(self, job: object) -> bool:
        return job in self._of_job

    @property
    def all(self) -> Mapping[Job, Result]:
        return self._of_job

    def add(self, result: Result) -> None:
        """Written at once; one that is an error only counts for this run."""
        self._of_job[result.job] = result
        if result.error:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = {"code": self._codes[result.job.method], **to_json(result)}
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _read(self, line: str) -> None:
        try:
            stored = json.loads(line)
        except ValueError:
            return  # the last line of a run that was killed while it wrote
        code = stored.pop("code")
        result = from_json(stored)
        if code == self._codes.get(result.job.method):
            self._of_job[result.job] = result
