"""Asks an installed plug-in as the controller does. Run as a program it does so in a process of its own."""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from progenitor_storage.model.spec import Custom, Parameters
from progenitor_storage.model.trial import Candidate

from ..algorithms.custom import asked
from ..algorithms.custom.questions import Beginning, Exploring, GoingOn, Running, Selecting
from ..algorithms.streams import Purpose, Stream
from ..plugins.installed import INSTALLED

Question = Selecting | Exploring | Beginning | GoingOn | Running
Answer = Candidate | Parameters | bool | None


@dataclass(frozen=True, slots=True)
class Asked:
    """`seed` is that of the stream for a question that comes with one."""

    plug_in: Custom
    question: Question
    seed: int


def answer(to: Asked) -> Answer:
    """Raises ValueError for a wrong one, and what the plug-in raises."""
    stream = Stream(to.seed, 0, 0, Purpose.EXPLORATION)
    match to.question:
        case Selecting() as question:
            return asked.select(INSTALLED, to.plug_in, question, stream)
        case Exploring() as question:
            return asked.explore(INSTALLED, to.plug_in, question, stream)
        case Beginning() as question:
            return asked.begin(INSTALLED, to.plug_in, question, stream)
        case GoingOn() as question:
            return asked.goes_on(INSTALLED, to.plug_in, question, stream)
        case Running() as question:
            return asked.should_stop(INSTALLED, to.plug_in, question)


def answers_of_another_process(questions: Sequence[Asked]) -> list[Answer]:
    """In their order. Its hashes of strings are others, and its modules are imported anew."""
    told = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        input=pickle.dumps(list(questions)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "12345"},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: list[Answer] = pickle.loads(told.stdout)  # noqa: S301  what our own process wrote
    return found


def main() -> None:
    questions: list[Asked] = pickle.load(sys.stdin.buffer)  # noqa: S301  what our own process wrote
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # a plug-in may print
    pickle.dump([answer(question) for question in questions], answers)
