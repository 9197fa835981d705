"""How well settings of population-based training search, on small problems: the evidence for
`algorithms/defaults.py`.

Runs whole studies in memory, on nothing but `initial`, `window` and `decide`, with workers on a simulated
clock.

    python -m benchmarks.quality_defaults --seeds 60 --schedule even --schedule synchronous
"""

import argparse
import heapq
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from math import inf, sqrt
from multiprocessing import Pool
from statistics import fmean, stdev

import numpy as np
from benchmarks.problems import PROBLEMS, Problem, Weights

from progenitor_controller.algorithms import Place, decide, defaults, initial
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    BinaryTournamentSelection,
    Budget,
    ExplorationScope,
    Factors,
    Goal,
    Inheritance,
    InitiatorSelection,
    MetricSpec,
    Mutation,
    NoExploration,
    NoSelection,
    PopulationBasedTraining,
    Sigma,
    Spec,
    TruncationSelection,
)
from progenitor_storage.model.trial import Checkpoint, Trial, TrialState

# Settings.

DEFAULT = PopulationBasedTraining(
    population_size=8,
    selection=defaults.SELECTION,
    exploration=Mutation(Sigma(defaults.SIGMA), defaults.RESAMPLE_PROBABILITY, defaults.MUTATION_PROBABILITY),
    inheritance=Inheritance.WEIGHTS_AND_PARAMETERS,
    exploration_scope=defaults.COPYING_SCOPE,
    start_after_members=1,
    synchronous=False,
    control_members=8 // defaults.MEMBERS_PER_CONTROL,
)


def explored(
    factors: Sequence[float] = defaults.FACTORS,
    resample: float = defaults.RESAMPLE_PROBABILITY,
    mutate: float = defaults.MUTATION_PROBABILITY,
) -> Mutation:
    return Mutation(Factors(tuple(factors)), resample, mutate)


def moved(
    sigma: float = defaults.SIGMA,
    resample: float = defaults.RESAMPLE_PROBABILITY,
    mutate: float = defaults.MUTATION_PROBABILITY,
) -> Mutation:
    return Mutation(Sigma(sigma), resample, mutate)


SETTINGS: Mapping[str, PopulationBasedTraining] = {
    "default": DEFAULT,
    "2017": replace(
        DEFAULT,
        selection=TruncationSelection(defaults.TRUNCATION_FRACTION),
        exploration=Mutation(
            Factors(defaults.FACTORS), defaults.RESAMPLE_PROBABILITY, defaults.MUTATION_PROBABILITY
        ),
        control_members=0,
    ),
    "none": replace(DEFAULT, selection=NoSelection(), exploration=NoExploration()),
    "no control": replace(DEFAULT, control_members=0),
    "2 controls": replace(DEFAULT, control_members=2),
    "nobody spared": replace(DEFAULT, selection=TruncationSelection(defaults.TRUNCATION_FRACTION)),
    "copy only": replace(DEFAULT, exploration=NoExploration()),
    **{
        f"fraction {f}": replace(DEFAULT, selection=TruncationSelection(f, spare_improving=True))
        for f in (0.125, 0.2, 0.375, 0.5)
    },
    "binary tournament": replace(DEFAULT, selection=BinaryTournamentSelection(), control_members=0),
    **{
        f"initiator {window}, {name}": replace(
            DEFAULT,
            selection=InitiatorSelection(window),
            exploration=moved(resample=resample),
            exploration_scope=scope,
            control_members=0,
        )
        for window in (1, 2)
        for name, scope, resample in (
            ("every, r 0", ExplorationScope.EVERY_CHILD, 0.0),
            ("every, r 0.03", ExplorationScope.EVERY_CHILD, 0.03),
            ("every, r 0.1", ExplorationScope.EVERY_CHILD, 0.1),
            ("copies", ExplorationScope.COPIES_ONLY, 0.25),
        )
    },
    **{
        f"factors {' '.join(map(str, f))}, r {r}": replace(DEFAULT, exploration=explored(f, r))
        for f in ((0.9, 1.1), (0.8, 1.2), (0.8, 1.25), (0.67, 1.5), (0.5, 2.0), (0.5, 0.8, 1.25, 2.0))
        for r in (0.0, 0.05, 0.1, 0.25, 0.5)
    },
    **{
        f"sigma {s}, r {r}": replace(DEFAULT, exploration=moved(s, r))
        for s in (0.05, 0.08, 0.1, 0.12, 0.2)
        for r in (0.0, 0.05, 0.1, 0.25, 0.5)
    },
    **{f"mutate {m}": replace(DEFAULT, exploration=moved(mutate=m)) for m in (0.5, 0.8)},
    "every child": replace(DEFAULT, exploration_scope=ExplorationScope.EVERY_CHILD),
    "every child, r 0": replace(
        DEFAULT, exploration=moved(resample=0.0), exploration_scope=ExplorationScope.EVERY_CHILD
    ),
    "weights only": replace(DEFAULT, inheritance=Inheritance.WEIGHTS),
}

PAPER_TOY = replace(
    DEFAULT,
    selection=BinaryTournamentSelection(),
    exploration=Mutation(Sigma(0.1), 0.0, 1.0),
    exploration_scope=ExplorationScope.EVERY_CHILD,
    control_members=0,
)
"""As the published toy: one step of normal noise for every child."""

TOY_SETTINGS: Mapping[str, PopulationBasedTraining] = {
    "toy: grid": replace(PAPER_TOY, selection=NoSelection(), exploration=NoExploration()),
    "toy: explore only": replace(PAPER_TOY, selection=NoSelection()),
    "toy: exploit only": replace(PAPER_TOY, exploration=NoExploration(), inheritance=Inheritance.WEIGHTS),
    "toy: weights only": replace(PAPER_TOY, inheritance=Inheritance.WEIGHTS),
    "toy: h copied": PAPER_TOY,
    "toy: h copied, copies": replace(PAPER_TOY, exploration_scope=ExplorationScope.COPIES_ONLY),
}

ALL_SETTINGS = {**SETTINGS, **TOY_SETTINGS}

SCHEDULES: Mapping[str, tuple[float, ...]] = {
    "even": (1.0, 1.0),
    "uneven": (1.0, 2.3),
    "eight": (1.0,) * 8,
    "synchronous": (1.0,),
}
"""Seconds a step of each worker."""


# A study in memory.


def of_size(algorithm: PopulationBasedTraining, members: int) -> PopulationBasedTraining:
    """For so many members, with as large a part of them controls."""
    controls = algorithm.control_members * members // algorithm.population_size
    return replace(algorithm, population_size=members, control_members=controls)


class Study:
    """Trials, the weights that they reached, and what a decision reads of them."""

    def __init__(self, problem: Problem, algorithm: PopulationBasedTraining, seed: int) -> None:
        self.problem = problem
        self.spec = Spec(
            parameters=problem.parameters,
            metrics=(MetricSpec("score", Goal.MAXIMIZE),),
            steps_per_trial=problem.steps_per_trial,
            budget=Budget(max_steps=problem.max_steps),
            seed=seed,
            lease_duration=60.0,
            max_failures_per_trial=3,
            initial_population=problem.initial_population,
            algorithm=of_size(algorithm, problem.members),
            stopping=None,
        )
        self._best_seen = self.best = -inf
        self._last: dict[int, float] = {}
        self._weights: dict[int, Weights] = {0: problem.weights}
        self._trials: dict[int, Trial] = {}
        self._newest: dict[int, Trial] = {}
        self._generations: dict[int, list[Trial]] = {}

    def trained(self, draft: Trial) -> Trial:
        rng = np.random.default_rng(draft.seed)
        weights, seen, true = self.problem.train(
            self._weights[draft.parent or 0], draft.parameters, draft.start_step, draft.end_step, rng
        )
        number = len(self._weights)
        self._weights[number] = weights
        self._last[draft.member] = true
        if seen > self._best_seen:
            self._best_seen, self.best = seen, true
        return replace(
            draft,
            number=number,
            state=TrialState.COMPLETED,
            fitness=seen,
            checkpoint=Checkpoint(str(number), draft.end_step),
        )

    def measured(self) -> float:
        return self.problem.measure(self.best, sorted(self._last.values()))

    def finish(self, trial: Trial) -> None:
        self._trials[trial.number] = trial
        self._newest[trial.member] = trial
        self._generations.setdefault(trial.generation, []).append(trial)

    def child(self, initiator: Trial) -> Trial | None:
        read = [*self._newest.values(), *self._generations[initiator.generation]]
        read += self._generations.get(initiator.generation - 1, ())
        known = {trial.number: trial for trial in read}
        # What a session gained is told by the parent of its trial.
        known |= {t.parent: self._trials[t.parent] for t in read if t.parent is not None}
        return decide(self.spec, Remembered(list(known.values())), Place(initiator), initiator).child


def run(study: Study, speeds: Sequence[float]) -> float:
    """Asynchronous: a free worker takes the next missing member, else the oldest reproduction that is due."""
    drafts = deque(initial(study.spec, member) for member in range(study.spec.places))
    due: deque[Trial] = deque()
    free = list(range(len(speeds)))
    running: list[tuple[float, int, Trial]] = []
    now = 0.0
    while True:
        while free and (drafts or due):
            draft = drafts.popleft() if drafts else study.child(due.popleft())
            if draft:
                worker = free.pop(0)
                ends = now + speeds[worker] * (draft.end_step - draft.start_step)
                heapq.heappush(running, (ends, worker, study.trained(draft)))
        if not running:
            return study.measured()
        now, worker, trial = heapq.heappop(running)
        free.append(worker)
        study.finish(trial)
        due.append(trial)


def run_synchronously(study: Study) -> float:
    drafts = [initial(study.spec, member) for member in range(study.spec.places)]
    while drafts:
        trials = [study.trained(draft) for draft in drafts]
        for trial in trials:
            study.finish(trial)
        drafts = [draft for trial in trials if (draft := study.child(trial))]
    return study.measured()


def result(problem: str, setting: str, schedule: str, seed: int) -> float:
    algorithm = replace(ALL_SETTINGS[setting], synchronous=schedule == "synchronous")
    study = Study(PROBLEMS[problem], algorithm, seed)
    return run_synchronously(study) if schedule == "synchronous" else run(study, SCHEDULES[schedule])


# The table.


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=60, help="studies for each number (default 60)")
    parser.add_argument("--problem", action="append", choices=PROBLEMS, help="repeatable; default all")
    parser.add_argument("--setting", action="append", choices=ALL_SETTINGS, help="repeatable; default all")
    parser.add_argument("--schedule", action="append", choices=SCHEDULES, help="repeatable; default even")
    parser.add_argument("--processes", type=int, default=1)
    return parser.parse_args(arguments)


def rows(options: argparse.Namespace) -> Iterator[list[str]]:
    problems = options.problem or list(PROBLEMS)
    yield ["setting", "schedule", *problems]
    with Pool(options.processes) as pool:
        for schedule in options.schedule or ["even"]:
            for setting in options.setting or list(SETTINGS):
                cells = []
                for problem in problems:
                    scores = pool.map(partial(result, problem, setting, schedule), range(options.seeds))
                    error = stdev(scores) / sqrt(len(scores)) if len(scores) > 1 else inf
                    cells.append(f"{fmean(scores):.4f} ± {error:.4f}")
                yield [setting, schedule, *cells]


def main() -> None:
    for row in rows(chosen(sys.argv[1:])):
        print("".join(cell.ljust(30 if column == 0 else 18) for column, cell in enumerate(row)), flush=True)


if __name__ == "__main__":
    main()
