"""What plug-ins are asked: plain records, in an order that follows from what is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from progenitor_storage.model.spec import MetricSpec, Parameters, ParameterSpec
from progenitor_storage.model.trial import Candidate, Observation


@dataclass(frozen=True, slots=True)
class Selecting:
    """Whose weights, and unless weights only whose hyperparameters, does the place of `member` go on from?

    `initiator` is the trial that ended there, None if nobody can go on from it. `opponents` is at least one usable
    trial of another member, at most one of each, by member: its newest up to the initiator's generation, else the
    first after it. `generation` is that of the child. Greater fitness is fitter.
    """

    member: int
    generation: int
    initiator: Candidate | None
    opponents: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Exploring:
    """Which hyperparameters does a child train with, from `start_step` to `end_step`, that inherits `inherited`?

    Its parent's fitness is `start_fitness`. `observations` are the newest completed sessions of finite fitness,
    `unfinished` those without a result yet; both by number.
    """

    member: int
    generation: int
    start_step: int
    end_step: int
    start_fitness: float
    inherited: Parameters
    parameters: tuple[ParameterSpec, ...]
    observations: tuple[Observation, ...]
    unfinished: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Which hyperparameters does the configuration `member` of `configurations` train with, from 0?

    `given` are those that the study's initial population gives it; they stay. `observations` are the newest completed
    sessions of finite fitness, `unfinished` those without a result yet; both by number. A configuration has several
    sessions, one after another, of which its fitness is that of the newest.
    """

    member: int
    configurations: int
    given: Parameters
    parameters: tuple[ParameterSpec, ...]
    observations: tuple[Observation, ...]
    unfinished: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Is the configuration `member`, whose newest completed session is `sessions[-1]`, trained on?

    `sessions` are its newest ones, oldest first; `observations` those of all configurations, by number.
    """

    member: int
    sessions: tuple[Observation, ...]
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured at a step. `fitness` is None if it is not finite."""

    step: int
    fitness: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """Is a running trial stopped, which has measured `own` so far, by step?

    `others` are curves of comparable trials of other members that are completed; each is by step, and steps are such
    that all end at `final_step`. Of a long curve some points are left out, evenly.
    """

    member: int
    generation: int
    final_step: int
    metrics: tuple[MetricSpec, ...]
    own: tuple[Point, ...]
    others: tuple[tuple[Point, ...], ...]
