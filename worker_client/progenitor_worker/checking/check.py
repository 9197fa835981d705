"""A training file's check: a tiny fresh session, and one that goes on from it with other hyperparameters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..study import Study
from ..user_code import UserCode, load, told
from .checkpoint_code import code_in
from .contrast import Contrast, contrast_of
from .findings import CheckReport, Finding, failed, passed, unseen
from .hyperparameters import check_hyperparameters
from .optimizers import Optimizer, OptimizerWatch
from .restored import check_restored
from .sessions import Sessions, Tried

SEEDS = 1, 2
CHEAP = 10.0
"""Seconds that the second session may have taken to be run once more, which is only for a note."""


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """`tolerance` is the relative difference of two scores that count as the same.

    `folder` is an empty one for checkpoints; `command` trains instead of the file's train.
    """

    source: Path
    folder: Path
    steps: int = 2
    tolerance: float = 1e-4
    command: str = ""


def check(options: CheckOptions) -> CheckReport:
    """Runs the user's code in this process; what it prints goes where this process prints."""
    try:
        code = load(options.source, needs_train=not options.command)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  whatever the user's file raises is told
        return CheckReport((failed("file", f"{options.source.name} cannot be loaded: {told(error)}"),))
    if code.problems or code.study is None:
        return CheckReport(tuple(failed("file", problem) for problem in code.problems))
    return Check(options, code, code.study).report()


class Check:
    """`code` is loaded and has no problems."""

    def __init__(self, options: CheckOptions, code: UserCode, study: Study) -> None:
        self._options = options
        self._whole_trial = study.spec().steps_per_trial
        self._steps = min(options.steps, self._whole_trial)
        self._metrics = study.metrics
        self._contrast: Contrast = contrast_of(study.parameters)
        self._sessions = Sessions(code, options.command, options.folder, study.metrics)

    def report(self) -> CheckReport:
        loaded = passed("file", f"{self._options.source.name} is loaded: {self._taken()}")
        first = self._sessions.fresh(self._contrast.first, seed=SEEDS[0], steps=self._steps)
        findings = [loaded, self._fresh(first)]
        if first.checkpoint is not None:
            findings.append(check_code(first.checkpoint))
        if not first.ok:
            return CheckReport(tuple(findings), first.seconds_per_step, first.checkpoint_bytes)
        optimizers = OptimizerWatch()
        second = self._second(first, optimizers)
        findings[2:2] = self._going_on(first, second, optimizers.seen())
        best = second if second.seconds_per_step is not None else first
        return CheckReport(tuple(findings), best.seconds_per_step, first.checkpoint_bytes)

    def _taken(self) -> str:
        return "a study" if self._options.command else "a study, and a train that takes its parameters"

    def _second(self, first: Tried, optimizers: OptimizerWatch | None = None) -> Tried:
        return self._sessions.going_on(
            first, self._contrast.second, seed=SEEDS[1], steps=self._steps, optimizers=optimizers
        )

    def _fresh(self, first: Tried) -> Finding:
        if first.ok:
            return passed("fresh", f"a fresh session trains {counted(first.end_step)}, saves and is measured")
        few = first.end_step < self._whole_trial and not first.raised
        return failed(
            "fresh",
            f"a fresh session failed: {first.error}",
            f"This session ended at step {first.end_step}; --steps {self._whole_trial} tries a whole trial"
            if few
            else "",
        )

    def _going_on(self, first: Tried, second: Tried, optimizers: tuple[Optimizer, ...]) -> Iterator[Finding]:
        if second.ok or second.looked_at_warm_start:
            yield self._looked(second)
        if not second.ok:
            yield failed(
                "goes_on",
                f"a session that goes on from a checkpoint failed, and the fresh one did not: {second.error}",
                "It has another session's checkpoint and other hyperparameters: "
                f"{told_parameters(second)}, after {told_parameters(first)}",
            )
            return
        if not (self._options.command or second.looked_at_warm_start):
            return  # nothing was restored: there is nothing more to be seen
        yield passed("goes_on", "a session goes on from its checkpoint with other hyperparameters")
        again = cache(lambda: self._second(first))
        yield check_restored(
            first,
            second,
            again,
            UntrainedSessions(self._sessions, first, self._contrast),
            metrics=self._metrics,
            tolerance=self._options.tolerance,
        )
        if self._options.command:
            yield unseen("hyperparameters", "the optimizer of a command cannot be seen")
        else:
            yield check_hyperparameters(self._contrast, optimizers)
        if second.seconds < CHEAP:
            yield check_repeated(second, again())

    def _looked(self, second: Tried) -> Finding:
        if self._options.command:
            return unseen("warm_start", "whether a command reads PROGENITOR_WARM_START cannot be seen")
        if second.looked_at_warm_start:
            return passed("warm_start", "train looks at session.warm_start")
        return failed(
            "warm_start",
            "train never looked at session.warm_start: every trial starts anew, and nothing is ever inherited",
            "Before the loop: if session.warm_start: load the model from that folder",
        )


class UntrainedSessions:
    """Sessions without a step; each is run when it is first asked for."""

    def __init__(self, sessions: Sessions, first: Tried, contrast: Contrast) -> None:
        self._sessions = sessions
        self._first = first
        self._parameters = contrast.first
        self._run: dict[tuple[str, int], Tried] = {}

    def restored(self, place: int) -> Tried:
        def going_on() -> Tried:
            return self._sessions.going_on(self._first, self._parameters, seed=SEEDS[place], steps=0)

        return self._once(("restored", place), going_on)

    def fresh(self, place: int) -> Tried:
        def fresh() -> Tried:
            return self._sessions.fresh(self._parameters, seed=SEEDS[place], steps=0)

        return self._once(("fresh", place), fresh)

    def _once(self, key: tuple[str, int], run: Callable[[], Tried]) -> Tried:
        if key not in self._run:
            self._run[key] = run()
        return self._run[key]


def counted(steps: int) -> str:
    return f"{steps} step" if steps == 1 else f"{steps} steps"


def told_parameters(tried: Tried) -> str:
    return ", ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value!r}"
        for name, value in tried.parameters.items()
    )


def check_repeated(second: Tried, again: Tried) -> Finding:
    if repr(second.metrics) == repr(again.metrics):
        return passed("repeated", "the same session, with the same seed, comes to the same result")
    return unseen(
        "repeated",
        "the same session, with the same seed, comes to another result: a trial that is tried again gives another one",
        "Take all randomness from session.seed, if that matters to you",
    )


def check_code(checkpoint: Path) -> Finding:
    found = code_in(checkpoint)
    if not found:
        return passed("pickles", "the checkpoint holds no pickled code")
    told = "; ".join(f"{name} holds {listed(code)}" for name, code in found.items())
    return failed(
        "pickles",
        f"the checkpoint runs code when it is loaded: {told}",
        "Whoever can write to the store can then run code on every worker, and a checkpoint cannot be loaded once that "
        "code has changed. Save numbers only: torch.save(model.state_dict(), …), numpy.savez(…, allow_pickle=False), "
        "safetensors, or json",
    )


def listed(code: list[str]) -> str:
    shown = ", ".join(code[:3])
    return f"{shown} and {len(code) - 3} more" if len(code) > 3 else shown
