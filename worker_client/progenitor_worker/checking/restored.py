"""Whether the restored model is the saved one: its score before it is trained further tells."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .findings import Finding, failed, passed, unseen
from .sessions import Tried

CHECK = "restored"
ADVICE = (
    "Load all that was saved: every weight, statistics such as those of batch normalisation, what normalises the "
    "input. Measure in the same mode (model.eval()) and on the same data: what is drawn from session.seed is other "
    "data in every trial. If a score is noisy by nature, allow for it with --tolerance"
)
REPORT_FIRST = (
    "Call session.report({metric}=…) before the loop over session.steps() too: then the check compares it"
)
NOISE = 3.0
"""Two scores of one model that differ so many times less than saved and restored are no explanation."""


@dataclass(frozen=True, slots=True)
class Score:
    """One metric: when the checkpoint was saved, and of the restored model before it was trained."""

    metric: str
    saved: float
    restored: float

    def same(self, tolerance: float) -> bool:
        return close(self.saved, self.restored, tolerance)


class Untrained(Protocol):
    """Sessions without a step: what they report is said of a model as it was restored, or made.

    Of two seeds, the first one the first session's. Hyperparameters are the first session's.
    """

    def restored(self, place: int) -> Tried: ...

    def fresh(self, place: int) -> Tried: ...


def check_restored(
    first: Tried,
    second: Tried,
    again: Callable[[], Tried],
    untrained: Untrained,
    *,
    metrics: tuple[str, ...],
    tolerance: float,
) -> Finding:
    """`first` has saved the checkpoint that `second` went on from; `again` is the same as `second`.

    A score that `train` reports before its first step tells. Without one, sessions in which nothing is trained do.
    """
    scores = compared(first.at_end, second.at_start, metrics)
    if not scores:
        return judged(first, untrained, metrics, tolerance)
    different = [score for score in scores if not score.same(tolerance)]
    if not different:
        return told_same(scores, first.at_start, first.end_step, tolerance)
    repeated = again().at_start
    if all(within_noise(score, repeated.get(score.metric)) for score in different):
        return unseen(
            CHECK,
            f"{listed(different)}; but restored once more, it is another number again",
            "Measure on the same data and with fixed random numbers, and it can be told",
        )
    likewise = untrained.restored(0).at_end
    if all(close(score.saved, likewise.get(score.metric, math.nan), tolerance) for score in different):
        return unseen(
            CHECK,
            f"{listed(different)}; but with the parent's seed and hyperparameters it is the saved one again",
            "So the model is restored, and its score depends on session.seed or on the hyperparameters: trials are "
            "compared better if all are measured in the same way, on the same data",
        )
    return failed(CHECK, listed(different), ADVICE)


def judged(first: Tried, untrained: Untrained, metrics: tuple[str, ...], tolerance: float) -> Finding:
    restored = untrained.restored(0)
    scores = compared(first.at_end, restored.at_end, metrics)
    advice = REPORT_FIRST.format(metric=metrics[0])
    if not scores:
        why = f": {restored.error.splitlines()[0]}" if restored.error else ""
        return unseen(CHECK, f"there is no score of the restored model before it is trained{why}", advice)
    different = [score for score in scores if not score.same(tolerance)]
    if not different:
        return told_same(scores, untrained.fresh(0).at_end, first.end_step, tolerance)
    if any(is_clear(score, untrained, tolerance) for score in different):
        return failed(CHECK, listed(different), ADVICE)
    return unseen(
        CHECK,
        f"{listed(different)}; but that may be a number about the steps trained, or chance, and not about the model",
        advice,
    )


def is_clear(score: Score, untrained: Untrained, tolerance: float) -> bool:
    """Whether the score is the model's, and the model not the saved one.

    It is clear if every restored model has the same score and a fresh one has another: a number that only begins with
    the training would be the same. And if each restored model scores as the fresh one of its seed, and these differ.
    """
    tried = (untrained.restored(0), untrained.restored(1), untrained.fresh(0), untrained.fresh(1))
    found = [session.at_end.get(score.metric) for session in tried]
    numbers = [value for value in found if value is not None and math.isfinite(value)]
    if len(numbers) < len(found):
        return False
    restored, another, fresh, fresh_another = numbers
    if close(restored, another, tolerance):
        return not close(restored, fresh, tolerance)
    return close(restored, fresh, tolerance) and close(another, fresh_another, tolerance)


def compared(
    saved: Mapping[str, float], restored: Mapping[str, float], names: tuple[str, ...]
) -> list[Score]:
    both = [name for name in names if name in saved and name in restored]
    return [Score(name, saved[name], restored[name]) for name in both]


def close(one: float, other: float, tolerance: float) -> bool:
    """Relative to the greater of them; NaN is close to NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-9)


def within_noise(score: Score, repeated: float | None) -> bool:
    """Whether two measurements of one model differ about as much."""
    return repeated is not None and abs(score.saved - score.restored) <= NOISE * abs(
        repeated - score.restored
    )


def told_same(scores: list[Score], untrained: Mapping[str, float], steps: int, tolerance: float) -> Finding:
    """`untrained` are a fresh model's scores, as far as they are known."""
    told = ", ".join(f"{score.metric} {score.restored:.6g}" for score in scores)
    alike = [close(score.saved, untrained.get(score.metric, math.nan), tolerance) for score in scores]
    if all(alike):
        return unseen(
            CHECK,
            f"the restored model scores as the saved one did ({told}), but so does a model that was never trained",
            f"The score of {steps} trained steps is that of none: try more of them with --steps",
        )
    return passed(CHECK, f"the restored model scores as the saved one did: {told}")


def listed(scores: list[Score]) -> str:
    told = [
        f"{score.metric} was {score.saved:.6g} when the checkpoint was saved and is {score.restored:.6g}"
        for score in scores
    ]
    return ", ".join(told) + " when it is restored, before anything is trained"
