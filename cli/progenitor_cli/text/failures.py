"""Why trials failed: one mistake in the user's code fails many trials, and is told once."""

import re
from collections.abc import Iterable

from progenitor.v1 import trial_pb2

from ..calls.names import short

HEADERS = ("log: ", "--- trial ")
"""How those lines of a message begin that differ from trial to trial."""

LONGEST = 20_000
"""Characters of a message that are looked at."""

NUMBER = re.compile(r"[-+]?\b(?:\d+\.?\d*(?:e[-+]?\d+)?|nan|inf)\b|\b0x[0-9a-f]+\b", re.IGNORECASE)
FRAME = re.compile(r"  .+:\d+ in ")
"""How a line of a traceback begins: its number says where, which is another mistake elsewhere."""


def essence(message: str) -> str:
    """What is the same in the failures of several trials."""
    told = message if len(message) <= LONGEST else f"{message[:LONGEST]} …"
    return "\n".join(line for line in told.splitlines() if not line.startswith(HEADERS))


def kind(message: str) -> str:
    """The same for failures of which only numbers differ, such as a loss or a shape."""
    lines = essence(message).splitlines()
    return "\n".join(line if FRAME.match(line) else NUMBER.sub("#", line) for line in lines)


def failure_text(trial: str, message: str, log: str = "") -> str:
    """`trial` is its name; `log` the path if it is known apart from the message."""
    path = log or next((line[5:] for line in message.splitlines() if line.startswith("log: ")), "")
    lines = [*essence(message).splitlines(), *([f"log: {path}"] if path else [])]
    return f"Trial {short(trial)} failed: " + "\n  ".join(lines)


def distinct(failed: Iterable[trial_pb2.Trial]) -> list[str]:
    """The texts of the newest three failures that differ, the newest last; `failed` is by number."""
    newest: dict[str, trial_pb2.Trial] = {}
    for trial in failed:
        newest.pop(kind(trial.failure_message), None)
        newest[kind(trial.failure_message)] = trial
    return [failure_text(trial.name, trial.failure_message) for trial in list(newest.values())[-3:]]
