"""Where the members of a study were, read from their checkpoints."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from progenitor.v1 import trial_pb2

from ..calls.names import short
from ..client import Client
from ..text.result import checkpoint_path
from .quadratic import BEGINNING, WEIGHTS, quality

Theta = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leg:
    """One trial: `member` trained from `begin` to `end`, a θ each, until `step`, where Q was `quality`.

    It went on from the checkpoint of a trial of the member `of`, itself at most times.
    """

    member: int
    of: int
    begin: Theta
    end: Theta
    step: int
    quality: float

    @property
    def copied(self) -> bool:
        return self.of != self.member


@dataclass(frozen=True, slots=True)
class Trace:
    """The legs of one member, by step."""

    member: int
    legs: tuple[Leg, ...]

    @property
    def steps(self) -> list[int]:
        return [0, *(leg.step for leg in self.legs)]

    @property
    def qualities(self) -> list[float]:
        return [quality(*BEGINNING), *(leg.quality for leg in self.legs)]


def traces(client: Client, study: str, store: Path) -> tuple[Trace, ...]:
    """By member. Every trial was completed."""
    found = list(legs(client, study, store))
    members = sorted({leg.member for leg in found})
    return tuple(Trace(member, tuple(leg for leg in found if leg.member == member)) for member in members)


def legs(client: Client, study: str, store: Path) -> Iterator[Leg]:
    """By trial; a parent has a lower number than its children."""
    ends: dict[str, tuple[int, Theta]] = {}
    for trial in client.list_trials(study):
        of, begin = ends.get(short(trial.parent), (trial.member, BEGINNING))
        end = theta_of(trial, store)
        ends[short(trial.name)] = trial.member, end
        yield Leg(trial.member, of, begin, end, trial.end_step, trial.measurement.metrics["Q"])


def theta_of(trial: trial_pb2.Trial, store: Path) -> Theta:
    folder = checkpoint_path(store, trial.checkpoint)
    theta0, theta1 = json.loads((Path(str(folder)) / WEIGHTS).read_text())
    return theta0, theta1
