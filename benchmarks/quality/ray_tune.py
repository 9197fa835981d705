"""Ray Tune's own schedulers, `PopulationBasedTraining` and `PB2`, asked as its `TuneController` asks them.

The scheduler's class, its trials and its search space are Ray's. What stands in for the rest of Ray is `Controller`: it
has what the schedulers ask of a controller (which trials there are, save this one, pause that one) and does with a
decision what `tune/execution/tune_controller.py` does:

- a free place runs what `choose_trial_to_run` names, from the trial's newest checkpoint (`_schedule_trial_restore`);
- a result that meets the stopping criterion ends the trial, unseen by the scheduler (`_process_trial_result`);
- else `on_trial_result` decides. CONTINUE trains on at the same place; PAUSE saves and gives the place to whom the
  scheduler names; NOOP is said of a trial that was paused meanwhile, because it exploits another.

Saving, pausing and restoring take no time. Ray needs to be on the path: `make benchmark-quality` sees to it.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ray.train._internal.session import _FutureTrainingResult, _TrainingResult
from ray.tune.experiment import Trial
from ray.tune.schedulers import PopulationBasedTraining, TrialScheduler
from ray.tune.schedulers.pb2 import PB2

from .problem import Problem, Session, Trained, Weights
from .ray_spaces import inside, parameters_of, plain, plain_bounds, scaled, scaled_bounds, spaces
from .service import initial_values
from .simulation import Log, simulate

STEP, SCORE = "step", "score"


class Checkpoint:
    """What a trial has saved."""

    def __init__(self, weights: Weights, step: int) -> None:
        self.weights = weights
        self.step = step


class Saved(_FutureTrainingResult):  # type: ignore[misc]  # Ray ships no types
    """A save that is done already."""

    def __init__(self, result: _TrainingResult) -> None:
        super().__init__(None)
        self._result = result

    def resolve(self, block: bool = True) -> _TrainingResult:  # noqa: FBT001, FBT002, ARG002 - Ray's signature
        return self._result


class Member:
    """One trial: it lives as long as the study, and changes its weights and hyperparameters."""

    def __init__(self, place: int, config: dict[str, Any], weights: Weights) -> None:
        self.place = place
        # Their order must not depend on random ids: PB2 tells trials apart by their names.
        self.trial = Trial("member", config=config, trial_id=f"{place:05d}", stub=True)
        self.weights = weights
        self.step = 0
        self.sessions = 0


class Controller:
    """What a scheduler may ask and tell of its `TuneController`."""

    search_alg = None

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = {member.trial: member for member in members}

    def get_trials(self) -> list[Trial]:
        return list(self._members)

    def get_live_trials(self) -> set[Trial]:
        return {trial for trial in self._members if not trial.is_finished()}

    def pause_trial(self, trial: Trial, should_checkpoint: bool = True) -> None:  # noqa: FBT001, FBT002 - Ray's
        if should_checkpoint:
            self._schedule_trial_save(trial)
        trial.set_status(Trial.PAUSED)

    def _schedule_trial_save(self, trial: Trial, result: Mapping[str, Any] | None = None) -> Saved:
        member = self._members[trial]
        saved = _TrainingResult(
            checkpoint=Checkpoint(member.weights, member.step), metrics=dict(result or {STEP: member.step})
        )
        trial.run_metadata.checkpoint_manager._latest_checkpoint_result = saved  # noqa: SLF001 - as Ray's PBT does
        return Saved(saved)


class Search:
    """A study of a scheduler's."""

    def __init__(
        self, problem: Problem, seed: int, scheduler: TrialScheduler, configs: Sequence[dict[str, Any]]
    ) -> None:
        self._log = Log(problem)
        self._seed = seed
        self._scheduler = scheduler
        self.members = [Member(place, config, problem.weights) for place, config in enumerate(configs)]
        self._of_trial = {member.trial: member for member in self.members}
        self._controller = Controller(self.members)
        for member in self.members:
            scheduler.on_trial_add(self._controller, member.trial)

    @property
    def sessions(self) -> Sequence[Session]:
        return self._log.sessions

    def take(self, _worker: int, ended: Member | None) -> Member | None:
        """As the controller does when a place is free. Nothing is begun once the study's steps are spent."""
        if ended is not None and self._reported(ended) == TrialScheduler.CONTINUE:
            return None if self._log.spent else ended
        if self._log.spent:
            return None
        trial = self._scheduler.choose_trial_to_run(self._controller)
        return None if trial is None else self._started(self._of_trial[trial])

    def steps(self, member: Member) -> int:
        problem = self._log.problem
        return min(problem.steps_per_trial, problem.max_steps - member.step)

    def _started(self, member: Member) -> Member:
        member.trial.set_status(Trial.RUNNING)
        restored = member.trial.run_metadata.checkpoint_manager._latest_checkpoint_result  # noqa: SLF001 - as above
        if restored is not None:
            member.weights, member.step = restored.checkpoint.weights, restored.checkpoint.step
        return member

    def _reported(self, member: Member) -> str:
        trial, result = member.trial, self._trained(member)
        if member.step >= self._log.problem.max_steps:
            trial.set_status(Trial.TERMINATED)
            self._scheduler.on_trial_complete(self._controller, trial, result)
            return str(TrialScheduler.STOP)
        decision = str(self._scheduler.on_trial_result(self._controller, trial, result))
        if decision == TrialScheduler.PAUSE:
            self._controller.pause_trial(trial)
        return decision

    def _trained(self, member: Member) -> dict[str, Any]:
        problem, start = self._log.problem, member.step
        end = start + self.steps(member)
        rng = np.random.default_rng([self._seed, member.place, member.sessions])
        trained: Trained = problem.train(
            member.weights, parameters_of(problem, member.trial.config), start, end, rng
        )
        member.weights, member.step = trained.weights, end
        member.sessions += 1
        self._log.add(member.place, start, end, trained)
        # One metric is all that these schedulers take: of several, which are all maximized, their sum.
        return {STEP: end, SCORE: sum(trained.seen), "training_iteration": end}


# The schedulers, with their defaults.


def pbt(problem: Problem, seed: int, speeds: Sequence[float]) -> Sequence[Session]:
    scheduler = PopulationBasedTraining(
        time_attr=STEP,
        metric=SCORE,
        mode="max",
        perturbation_interval=problem.steps_per_trial,
        hyperparam_mutations=spaces(problem),
        custom_explore_fn=lambda config: inside(problem, config),
        log_config=False,
    )
    configs = [plain(values) for values in initial_values(problem, seed)]
    return searched(problem, seed, speeds, scheduler, configs)


def pb2(problem: Problem, seed: int, speeds: Sequence[float]) -> Sequence[Session]:
    """Ray's PB2 knows no scales: it models a learning rate linearly."""
    configs = [plain(values) for values in initial_values(problem, seed)]
    return searched(problem, seed, speeds, pb2_within(problem, plain_bounds(problem)), configs)


def pb2_of_logarithms(problem: Problem, seed: int, speeds: Sequence[float]) -> Sequence[Session]:
    """As a careful user would ask it: with the logarithm of what is on a log scale as the hyperparameter."""
    configs = [scaled(problem, values) for values in initial_values(problem, seed)]
    return searched(problem, seed, speeds, pb2_within(problem, scaled_bounds(problem)), configs)


def pb2_within(problem: Problem, bounds: Mapping[str, Sequence[float]]) -> PB2:
    return PB2(
        time_attr=STEP,
        metric=SCORE,
        mode="max",
        perturbation_interval=problem.steps_per_trial,
        hyperparam_bounds=dict(bounds),
        log_config=False,
    )


def searched(
    problem: Problem,
    seed: int,
    speeds: Sequence[float],
    scheduler: TrialScheduler,
    configs: Sequence[dict[str, Any]],
) -> Sequence[Session]:
    """A whole study. Ray draws from the global states of `random` and numpy."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - as said
    search = Search(problem, seed, scheduler, configs)
    simulate(speeds, search.take, search.steps)
    return search.sessions
