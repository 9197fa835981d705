"""What a call is refused with.

CallError
├── InvalidRequest       INVALID_ARGUMENT, every violation at once
├── UnsupportedFields    UNIMPLEMENTED
├── ReportConflict       INVALID_ARGUMENT
├── SequenceReused       INVALID_ARGUMENT
├── ReplayedNotFound     NOT_FOUND
├── StaleRequest         ABORTED
├── TrialIsFinal         FAILED_PRECONDITION
└── StudyHasEnded        FAILED_PRECONDITION

Storage's own errors (StudyNotFound, LeaseLost, …) keep their classes; `status` knows which code each has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grpc import StatusCode


@dataclass(frozen=True, slots=True)
class Violation:
    """`field` as a path in the request, such as `spec.parameters[2].double_domain.min`."""

    field: str
    description: str


class CallError(Exception):
    """The call was refused."""

    code = StatusCode.INVALID_ARGUMENT
    reason = "INVALID_REQUEST"

    def __init__(
        self,
        message: str = "",
        *,
        metadata: Mapping[str, str] | None = None,
        violations: Sequence[Violation] = (),
    ) -> None:
        super().__init__(message or self.__class__.__doc__)
        self.metadata = dict(metadata or {})
        self.violations = tuple(violations)


class InvalidRequest(CallError):
    """The request is not valid."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        told = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
        super().__init__(f"The request is not valid: {told}", violations=violations)


class UnsupportedFields(CallError):
    """The request asks for something that this release does not have."""

    code = StatusCode.UNIMPLEMENTED
    reason = "UNSUPPORTED_FIELD"

    def __init__(self, violations: Sequence[Violation]) -> None:
        told = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
        fields = ",".join(violation.field for violation in violations)
        super().__init__(f"Not in this release: {told}", metadata={"fields": fields}, violations=violations)


class ReportConflict(CallError):
    """What was reported differs from what is stored."""

    reason = "REPORT_CONFLICT"

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}", violations=[Violation(field, description)])


class SequenceReused(CallError):
    """This sequence was used before for a call with another body: raise it with every new call."""

    reason = "SEQUENCE_REUSED"


class ReplayedNotFound(CallError):
    """What is to be replayed does not exist; `reason` says whether it is the study or a trial."""

    code = StatusCode.NOT_FOUND

    def __init__(self, reason: str, violations: Sequence[Violation]) -> None:
        told = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
        super().__init__(f"What is to be replayed does not exist: {told}", violations=violations)
        self.reason = reason


class StaleRequest(CallError):
    """A newer call or a newer process under this worker's id was heard: this one must end."""

    code = StatusCode.ABORTED
    reason = "STALE_REQUEST"


class TrialIsFinal(CallError):
    """The trial is final: its outcome cannot be reported again."""

    code = StatusCode.FAILED_PRECONDITION
    reason = "TRIAL_IS_FINAL"


class StudyHasEnded(CallError):
    """The study has ended: it cannot be paused, resumed or given another budget."""

    code = StatusCode.FAILED_PRECONDITION
    reason = "STUDY_HAS_ENDED"
