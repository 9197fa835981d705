"""The two worker calls off the wire: all of a request is validated before anything is looked up."""

import hashlib
from collections.abc import Sequence

from progenitor.v1 import controller_service_pb2 as pb
from progenitor.v1 import trial_pb2
from progenitor_storage.model.trial import Checkpoint, Measurement, Timing, Worker

from ..calls import EarlyStoppingCall, Outcome, SuggestionCall, TrialReport
from .names import parse_study, parse_trial
from .values import check_duration, seconds
from .violations import DIGEST, DIGEST_RULE, MAX_ID, MAX_NAME, MAX_URI, Violations

MAX_K = 1000
MAX_REPORTS = 1000
MAX_ENTRIES = 10_000
MAX_METRICS = 1000
MAX_INT64 = 2**63 - 1

OUTCOMES = {
    trial_pb2.OUTCOME_UNSPECIFIED: Outcome.RUNNING,
    trial_pb2.OUTCOME_COMPLETED: Outcome.COMPLETED,
    trial_pb2.OUTCOME_STOPPED: Outcome.STOPPED,
    trial_pb2.OUTCOME_FAILED: Outcome.FAILED,
    trial_pb2.OUTCOME_RELEASED: Outcome.RELEASED,
}


def suggestion_call(request: pb.GetNewSuggestionRequest) -> SuggestionCall:
    violations = Violations()
    study = parse_study(violations, "study", request.study)
    violations.whole("k", request.k, most=MAX_K)
    violations.whole("sequence", request.sequence, least=1, most=MAX_INT64)
    _worker(violations, request.worker)
    _reports(violations, study, request.trials)
    _count(violations, "deleted", len(request.deleted), MAX_ENTRIES)
    for place, uri in enumerate(request.deleted):
        violations.text(f"deleted[{place}]", uri, MAX_URI, required=True)
    violations.raise_any()
    return SuggestionCall(
        study=study,
        reports=tuple(_report(place, report) for place, report in enumerate(request.trials)),
        k=request.k,
        worker=_to_worker(request.worker),
        sequence=request.sequence,
        deleted=tuple(request.deleted),
        digest=hashlib.sha256(request.SerializeToString(deterministic=True)).digest(),
    )


def early_stopping_call(request: pb.GetEarlyStoppingTrialsRequest) -> EarlyStoppingCall:
    violations = Violations()
    study = parse_study(violations, "study", request.study)
    _worker(violations, request.worker)
    _reports(violations, study, request.trials)
    for place, report in enumerate(request.trials):
        if report.outcome:
            violations.add(f"trials[{place}].outcome", "must be unset here: GetNewSuggestion takes outcomes")
    violations.raise_any()
    return EarlyStoppingCall(
        study=study,
        reports=tuple(_report(place, report) for place, report in enumerate(request.trials)),
        worker=_to_worker(request.worker),
    )


def _count(violations: Violations, field: str, count: int, most: int) -> None:
    if count > most:
        violations.add(field, f"has {count} entries, at most {most} are allowed")


def _worker(violations: Violations, worker: trial_pb2.Worker) -> None:
    violations.text("worker.id", worker.id, MAX_ID, required=True)
    violations.text("worker.host", worker.host, MAX_ID)
    violations.text("worker.code_digest", worker.code_digest, MAX_ID)
    violations.whole("worker.incarnation", worker.incarnation, most=MAX_INT64)
    _count(violations, "worker.versions", len(worker.versions), 100)
    for name, version in worker.versions.items():
        violations.text("worker.versions", name, MAX_NAME, required=True)
        violations.text(f"worker.versions[{name[:MAX_NAME]!r}]", version, MAX_ID)


def _reports(violations: Violations, study: str, reports: Sequence[trial_pb2.TrialReport]) -> None:
    _count(violations, "trials", len(reports), MAX_REPORTS)
    violations.distinct("trials", [report.trial for report in reports])
    for place, report in enumerate(reports):
        field = f"trials[{place}]"
        its_study, _ = parse_trial(violations, f"{field}.trial", report.trial)
        if study and its_study and its_study != study:
            violations.add(f"{field}.trial", f"is a trial of study {its_study!r}, the call is for {study!r}")
        violations.whole(f"{field}.epoch", report.epoch, least=1, most=MAX_INT64)
        violations.whole(f"{field}.step", report.step)
        violations.known(f"{field}.outcome", report.outcome, trial_pb2.Outcome.items())
        violations.text(f"{field}.failure_message", report.failure_message)
        _count(violations, f"{field}.measurements", len(report.measurements), MAX_ENTRIES)
        for index, measurement in enumerate(report.measurements):
            _measurement(violations, f"{field}.measurements[{index}]", measurement)
        _count(violations, f"{field}.checkpoints", len(report.checkpoints), MAX_ENTRIES)
        for index, checkpoint in enumerate(report.checkpoints):
            _checkpoint(violations, f"{field}.checkpoints[{index}]", checkpoint)
        for name in ("wait", "restore", "train", "evaluate", "save"):
            check_duration(violations, f"{field}.timing.{name}", getattr(report.timing, name))


def _measurement(violations: Violations, field: str, measurement: trial_pb2.Measurement) -> None:
    violations.whole(f"{field}.step", measurement.step)
    check_duration(violations, f"{field}.elapsed", measurement.elapsed)
    _count(violations, f"{field}.metrics", len(measurement.metrics), MAX_METRICS)
    for name in measurement.metrics:
        violations.text(f"{field}.metrics[{name[:MAX_NAME]!r}]", name, MAX_NAME, required=True)


def _checkpoint(violations: Violations, field: str, checkpoint: trial_pb2.Checkpoint) -> None:
    violations.text(f"{field}.uri", checkpoint.uri, MAX_URI, required=True)
    violations.whole(f"{field}.step", checkpoint.step)
    violations.whole(f"{field}.size_bytes", checkpoint.size_bytes, most=MAX_INT64)
    if not DIGEST.fullmatch(checkpoint.digest):
        violations.add(f"{field}.digest", DIGEST_RULE)
    for name in ("deleted", "pinned"):
        if getattr(checkpoint, name):
            violations.add(f"{field}.{name}", "must be unset in a report")


def _to_worker(worker: trial_pb2.Worker) -> Worker:
    return Worker(worker.id, worker.host, worker.code_digest, dict(worker.versions), worker.incarnation)


def _report(place: int, report: trial_pb2.TrialReport) -> TrialReport:
    _, number = parse_trial(Violations(), "", report.trial)
    return TrialReport(
        field=f"trials[{place}]",
        trial=number,
        epoch=report.epoch,
        step=report.step,
        measurements=tuple(
            Measurement(m.step, dict(m.metrics), seconds(m.elapsed), report.epoch)
            for m in report.measurements
        ),
        checkpoints=tuple(Checkpoint(c.uri, c.step, c.size_bytes, c.digest) for c in report.checkpoints),
        timing=_to_timing(report.timing) if report.HasField("timing") else None,
        outcome=OUTCOMES[report.outcome],
        failure_message=report.failure_message,
    )


def _to_timing(timing: trial_pb2.Timing) -> Timing:
    return Timing(
        wait=seconds(timing.wait),
        restore=seconds(timing.restore),
        train=seconds(timing.train),
        evaluate=seconds(timing.evaluate),
        save=seconds(timing.save),
    )
