"""Resource names: `studies/{study}` and `studies/{study}/trials/{trial}`."""

import re

from .violations import Violations

STUDY_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_STUDY = re.compile(rf"studies/({STUDY_ID.pattern})")
_TRIAL = re.compile(rf"studies/({STUDY_ID.pattern})/trials/([1-9][0-9]{{0,17}})")


def study_name(study: str) -> str:
    return f"studies/{study}"


def trial_name(study: str, number: int) -> str:
    return f"studies/{study}/trials/{number}"


def parse_study(violations: Violations, field: str, name: str) -> str:
    """The study's id, '' (and a violation) if it is not a study's name."""
    if match := _STUDY.fullmatch(name):
        return match[1]
    violations.add(
        field, f"is {name[:100]!r}, must be studies/{{study}} with {{study}} matching {STUDY_ID.pattern}"
    )
    return ""


def parse_trial(violations: Violations, field: str, name: str) -> tuple[str, int]:
    """The study's id and the trial's number, ('', 0) and a violation if it is not a trial's name."""
    if match := _TRIAL.fullmatch(name):
        return match[1], int(match[2])
    violations.add(field, f"is {name[:100]!r}, must be studies/{{study}}/trials/{{number}}")
    return "", 0


def one_study(field: str, name: str) -> str:
    """The id in a request that has nothing else to check; raises InvalidRequest."""
    violations = Violations()
    study = parse_study(violations, field, name)
    violations.raise_any()
    return study


def one_trial(field: str, name: str) -> tuple[str, int]:
    """The study's id and the trial's number, where nothing else is to be checked; raises InvalidRequest."""
    violations = Violations()
    study, number = parse_trial(violations, field, name)
    violations.raise_any()
    return study, number
