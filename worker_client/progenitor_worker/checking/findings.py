"""What a check of a training file has found."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNSEEN = "unseen"  # it could not be told, which is no failure


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is its short name; `advice` says what to change, or how it can be seen; '' if there is nothing to say."""

    check: str
    result: Result
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """`seconds_per_step` and `checkpoint_bytes` are None if no session came so far."""

    findings: tuple[Finding, ...]
    seconds_per_step: float | None = None
    checkpoint_bytes: int | None = None

    @property
    def ok(self) -> bool:
        return all(finding.result is not Result.FAILED for finding in self.findings)


def passed(check: str, message: str) -> Finding:
    return Finding(check, Result.PASSED, message)


def failed(check: str, message: str, advice: str = "") -> Finding:
    return Finding(check, Result.FAILED, message, advice)


def unseen(check: str, message: str, advice: str = "") -> Finding:
    return Finding(check, Result.UNSEEN, message, advice)
