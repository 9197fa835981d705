"""When a study ends."""

from progenitor.v1 import study_pb2 as pb
from progenitor_storage.model.spec import Budget

from ..values import check_duration, seconds
from ..violations import Violations


def check(violations: Violations, field: str, budget: pb.Budget) -> None:
    for name in ("max_steps", "max_trials", "max_total_steps"):
        violations.whole(f"{field}.{name}", getattr(budget, name))
    check_duration(violations, f"{field}.max_duration", budget.max_duration)
    if budget.HasField("target"):
        violations.finite(f"{field}.target", budget.target)
    limits = (budget.max_steps, budget.max_trials, budget.max_total_steps, seconds(budget.max_duration))
    if not any(limits) and not budget.HasField("target"):
        violations.add(
            field, "needs at least one of max_steps, max_trials, max_total_steps, max_duration and target"
        )


def record(budget: pb.Budget) -> Budget:
    return Budget(
        max_steps=budget.max_steps,
        max_trials=budget.max_trials,
        max_total_steps=budget.max_total_steps,
        max_duration=seconds(budget.max_duration),
        target=budget.target if budget.HasField("target") else None,
    )
