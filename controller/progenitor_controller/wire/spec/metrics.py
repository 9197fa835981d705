"""What is measured, and which way is better."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Goal, MetricSpec

from ..violations import MAX_NAME, Violations

MAX_METRICS = 100


def check(violations: Violations, field: str, spec: pb.StudySpec) -> None:
    if not 1 <= len(spec.metrics) <= MAX_METRICS:
        violations.add(field, f"has {len(spec.metrics)} entries, must have from 1 to {MAX_METRICS}")
    violations.distinct(field, [metric.name for metric in spec.metrics])
    for place, metric in enumerate(spec.metrics):
        violations.text(f"{field}[{place}].name", metric.name, MAX_NAME, required=True)
        violations.known(f"{field}[{place}].goal", metric.goal or -1, pb.Goal.items()[1:])
        if metric.HasField("weight"):
            violations.positive(f"{field}[{place}].weight", metric.weight)


def unweighted(spec: pb.StudySpec) -> bool:
    """Whether there are several and nobody has said what one is worth in another; of one that is not spelled out."""
    return len(spec.metrics) > 1 and not any(metric.HasField("weight") for metric in spec.metrics)


def spell_out(metric: pb.MetricSpec) -> None:
    if not metric.HasField("weight"):
        metric.weight = 1.0


def record(metric: pb.MetricSpec) -> MetricSpec:
    goal = Goal.MAXIMIZE if metric.goal == pb.GOAL_MAXIMIZE else Goal.MINIMIZE
    return MetricSpec(metric.name, goal, metric.weight)
