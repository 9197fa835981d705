"""A schedule on its own: the hyperparameters along a lineage, session by session, in a file that JSON readers read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from .session import Value


class ScheduleError(ValueError):
    """A schedule is not what it must be, or cannot be trained as asked."""


@dataclass(frozen=True, slots=True)
class ScheduledSession:
    """One session: it trains the steps after `start_step` up to `end_step`.

    `digest` is that of the checkpoint which the study had at the end step; empty if it is not known.
    """

    start_step: int
    end_step: int
    seed: int
    parameters: Mapping[str, Value]
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Sessions that go on from each other. `trial` is whose lineage it was, such as `studies/digits/trials/7`.

    Raises ScheduleError for sessions that do not join.
    """

    trial: str
    sessions: Sequence[ScheduledSession]

    def __post_init__(self) -> None:
        if not self.sessions:
            raise ScheduleError("a schedule needs at least one session")
        for session in self.sessions:
            if not 0 <= session.start_step < session.end_step:
                raise ScheduleError(
                    f"a session must end after its start, one is from {session.start_step} to {session.end_step}"
                )
        for one, following in pairwise(self.sessions):
            if one.end_step != following.start_step:
                raise ScheduleError(
                    f"each session must start where the one before it ends: one ends at {one.end_step}, "
                    f"the next starts at {following.start_step}"
                )

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_schedule(file: str | Path) -> Schedule:
    """What `progenitor lineage --schedule` wrote. Raises ScheduleError, OSError."""
    text = Path(file).read_text(encoding="utf-8")
    try:
        read = json.loads(text)
        return Schedule(read["trial"], tuple(session_of(entry) for entry in read["sessions"]))
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ScheduleError(f"{file} is not a schedule: {type(error).__name__}: {error}") from error


def session_of(entry: Mapping[str, Any]) -> ScheduledSession:
    """Raises KeyError or TypeError for what is missing or is of another type."""
    return ScheduledSession(
        start_step=whole(entry, "start_step"),
        end_step=whole(entry, "end_step"),
        seed=whole(entry, "seed"),
        parameters=dict(entry["parameters"]),
        digest=str(entry.get("digest", "")),
    )


def whole(entry: Mapping[str, Any], name: str) -> int:
    value = entry[name]
    if type(value) is not int:
        raise TypeError(f"{name} must be a whole number, it is {value!r:.100}")
    return value
