"""The requests of StudyService that carry more than a name."""

from progenitor.v1 import study_pb2, trial_pb2
from progenitor.v1 import study_service_pb2 as pb
from progenitor_storage.model.trial import TrialState

from ..calls import Creation, PinCall, Update
from .check_spec import check_spec
from .names import STUDY_ID, parse_study
from .spec import budget
from .trials import STATES
from .violations import MAX_ID, MAX_NAME, MAX_URI, Violations

MAX_LABELS = 100
CHANGEABLE = ("spec.budget", "labels")


def creation(request: pb.CreateStudyRequest, drawn_seed: int) -> Creation:
    """`drawn_seed` is for a specification that gives none."""
    violations = Violations()
    if not STUDY_ID.fullmatch(request.study_id):
        violations.add("study_id", f"is {request.study_id[:100]!r}, must match {STUDY_ID.pattern}")
    _labels(violations, "labels", dict(request.labels))
    violations.text("request_id", request.request_id, MAX_ID)
    check_spec(violations, "spec", request.spec)
    violations.raise_any()
    return Creation(request.study_id, request.spec, dict(request.labels), request.request_id, drawn_seed)


def update_call(request: pb.UpdateStudyRequest) -> Update:
    violations = Violations()
    study = parse_study(violations, "study.name", request.study.name)
    for place, path in enumerate(request.update_mask.paths):
        if path not in CHANGEABLE:
            violations.add(
                f"update_mask.paths[{place}]", f"is {path[:100]!r}, must be one of {', '.join(CHANGEABLE)}"
            )
    paths = set(request.update_mask.paths) or _given(request.study)
    if not paths:
        violations.add("update_mask", f"is empty, and the study gives none of {', '.join(CHANGEABLE)}")
    if "spec.budget" in paths:
        budget.check(violations, "study.spec.budget", request.study.spec.budget)
    if "labels" in paths:
        _labels(violations, "study.labels", dict(request.study.labels))
    violations.raise_any()
    return Update(
        study=study,
        budget=request.study.spec.budget if "spec.budget" in paths else None,
        labels=dict(request.study.labels) if "labels" in paths else None,
    )


def pin_call(request: pb.PinCheckpointRequest | pb.UnpinCheckpointRequest) -> PinCall:
    violations = Violations()
    study = parse_study(violations, "study", request.study)
    violations.text("uri", request.uri, MAX_URI, required=True)
    violations.raise_any()
    return PinCall(study, request.uri)


def trial_states(request: pb.ListTrialsRequest) -> frozenset[TrialState]:
    by_number = {number: state for state, number in STATES.items()}
    violations = Violations()
    for place, state in enumerate(request.states):
        if state not in by_number:
            allowed = ", ".join(trial_pb2.TrialState.Name(number) for number in by_number)
            violations.add(f"states[{place}]", f"is {state}, must be one of {allowed}")
    violations.raise_any()
    return frozenset(by_number[state] for state in request.states)


def _given(study: study_pb2.Study) -> set[str]:
    """What an update without a mask changes."""
    given = {"spec.budget"} if study.spec.HasField("budget") else set()
    return given | ({"labels"} if study.labels else set())


def _labels(violations: Violations, field: str, labels: dict[str, str]) -> None:
    if len(labels) > MAX_LABELS:
        violations.add(field, f"has {len(labels)} entries, at most {MAX_LABELS} are allowed")
    for name, value in labels.items():
        violations.text(f"{field}[{name[:MAX_NAME]!r}]", name, MAX_NAME, required=True)
        violations.text(f"{field}[{name[:MAX_NAME]!r}]", value, MAX_ID)
