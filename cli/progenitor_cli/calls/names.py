"""Studies' ids and names, as a user gives them and as the contract has them."""

import re
from pathlib import Path

from progenitor.v1 import trial_pb2

from ..errors import UsageError

LONGEST = 63
RULE = "lower-case letters, digits and hyphens, beginning with a letter, at most 63 characters ([a-z][a-z0-9-]{0,62})"
TRIAL_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
STUDY_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")


def id_from_name(name: str) -> str:
    """An id that the user's file states; raises UsageError if it is none."""
    if not STUDY_ID.fullmatch(name):
        raise UsageError(f"Study(name={name!r}): a study's name is made of {RULE}.")
    return name


def id_from_file(path: Path) -> str:
    """`My_train.py` gives `my-train`; raises UsageError for a stem that has neither letter nor digit."""
    words = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    if not words:
        raise UsageError(f"The file's name {path.name!r} gives no name for the study: say Study(name=…).")
    return (words if words[0].isalpha() else f"study-{words}")[:LONGEST].rstrip("-")


def numbered(base: str, number: int) -> str:
    """`digits`, 2 → `digits-2`."""
    ending = f"-{number}"
    return base[: LONGEST - len(ending)] + ending


def resource_name(study: str) -> str:
    """`digits` and `studies/digits` are the same study; raises UsageError for what cannot be a study's name."""
    study_id = study.removeprefix("studies/")
    if not STUDY_ID.fullmatch(study_id):
        raise UsageError(f"{study!r} is not a study's name: it is made of {RULE}.")
    return f"studies/{study_id}"


def short(name: str) -> str:
    """`studies/digits` → `digits`, `studies/digits/trials/7` → `7`."""
    return name.rpartition("/")[2]


def trial_resource_name(trial: str) -> str:
    """`digits/7` and `studies/digits/trials/7` are the same trial; raises UsageError for what cannot be its name."""
    study, slash, number = trial.removeprefix("studies/").replace("/trials/", "/").partition("/")
    if not slash or not TRIAL_NUMBER.fullmatch(number):
        raise UsageError(f"{trial!r} is not a trial's name: say STUDY/NUMBER, such as digits/7.")
    return f"{resource_name(study)}/trials/{int(number)}"


def brief(trial: str) -> str:
    """`studies/digits/trials/7` → `digits/7`."""
    return trial.removeprefix("studies/").replace("/trials/", "/")


def study_of(trial: str) -> str:
    """`studies/digits/trials/7` → `studies/digits`."""
    return trial.partition("/trials/")[0]


def number(trial: trial_pb2.Trial) -> int:
    return int(short(trial.name))
