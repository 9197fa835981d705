"""A problem on which greed loses, and the remedy: sub-populations of different session lengths with migration.

Runs whole studies in memory on nothing but `initial` and `decide`, with two workers on a simulated clock; all settings
train as many members for as many steps.

    python -m benchmarks.greedy --seeds 60
"""

import argparse
import heapq
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import log10, sqrt
from multiprocessing import Pool
from statistics import fmean, stdev

import numpy as np
from benchmarks.problems import Problem, Rng, number
from benchmarks.quality_defaults import DEFAULT

from progenitor_controller.algorithms import Place, decide, initial
from progenitor_controller.algorithms.opponents import as_candidate
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_storage.model.spec import (
    Budget,
    DoubleDomain,
    Goal,
    MetricSpec,
    NoSelection,
    Parameters,
    ParameterSpec,
    PopulationBasedTraining,
    Scale,
    Spec,
    SubPopulation,
)
from progenitor_storage.model.trial import Candidate, Checkpoint, Trial, TrialState

# The decay trap: a learning rate r brings the weights nearer, and shakes them.
#
#     d ← d (1 − 0.02 r)          what is left to learn, 1 at first
#     h ← h + (r² − h) / 2        the noise of the steps, which follows the rate within a few of them
#     score = −log₁₀(d + 0.2 h)
#
# A small rate pays at once, as the noise goes; but with it nothing is learnt any more. After 5 steps a rate near 0
# looks best from the start (1 against 0.9 + 0.2), after 40 steps a rate of 1 does (0.45 + 0.2). Best is 1 nearly to the
# end, then nearly 0: about 2.4 after 300 steps.
#
# Over 100 seeds, and by how many standard errors of the difference it is above truncation:
#
#     truncation                              0.851 ± 0.010
#     no selection                            0.824 ± 0.022   −1.1
#     truncation, sessions of 20              1.074 ± 0.022   +9.1
#     truncation, sessions of 40              1.087 ± 0.032   +7.1
#     4 of 5 and 4 of 40, no migration        0.970 ± 0.025   +4.4
#     4 of 5 and 4 of 20                      1.015 ± 0.025   +6.1
#     4 of 5 and 4 of 40                      1.018 ± 0.026   +6.0
#     4 of 5 and 4 of 40, every 4th           1.015 ± 0.027   +5.6
#     3 of 5, 3 of 20 and 2 of 60             0.972 ± 0.028   +4.0
#     2 of 5, 2 of 10, 2 of 20 and 2 of 40    0.946 ± 0.028   +3.2
#
# Who knows that only long sessions tell needs no sub-populations.


def decay_trap(
    state: tuple[float, float], parameters: Parameters, start: int, end: int, rng: Rng
) -> tuple[tuple[float, float], float, float]:
    distance, noise = state
    rate = number(parameters, "lr")
    for _ in range(start, end):
        distance *= 1 - 0.02 * rate
        noise += (rate**2 - noise) / 2
    score = -log10(distance + 0.2 * noise)
    return (distance, noise), score + 0.01 * rng.standard_normal(), score


DECAY_TRAP = Problem(
    (ParameterSpec("lr", DoubleDomain(1e-3, 1.0, Scale.LOG)),), 8, 5, 300, (1.0, 0.0), decay_trap
)


# Settings.


def divided(*parts: tuple[int, int], interval: int = 1) -> PopulationBasedTraining:
    """Sub-populations of (members, steps of a session)."""
    return replace(
        DEFAULT,
        start_after_members=0,
        sub_populations=tuple(SubPopulation(size, steps) for size, steps in parts),
        migration_interval=interval,
    )


SETTINGS: Mapping[str, PopulationBasedTraining] = {
    "truncation": DEFAULT,
    "no selection": replace(DEFAULT, selection=NoSelection()),
    "truncation, sessions of 20": divided((8, 20), interval=0),
    "truncation, sessions of 40": divided((8, 40), interval=0),
    "4 of 5 and 4 of 40, no migration": divided((4, 5), (4, 40), interval=0),
    "4 of 5 and 4 of 20": divided((4, 5), (4, 20)),
    "4 of 5 and 4 of 40": divided((4, 5), (4, 40)),
    "4 of 5 and 4 of 40, every 4th": divided((4, 5), (4, 40), interval=4),
    "3 of 5, 3 of 20 and 2 of 60": divided((3, 5), (3, 20), (2, 60)),
    "2 of 5, 2 of 10, 2 of 20 and 2 of 40": divided((2, 5), (2, 10), (2, 20), (2, 40)),
}


# A study in memory.


@dataclass
class Growing(Remembered):
    """A history that trials are added to, each question answered by a look-up."""

    by_number: dict[int, Trial] = field(default_factory=dict)
    newest: dict[int, Candidate] = field(default_factory=dict)
    generations: dict[int, list[Candidate]] = field(default_factory=dict)

    def add(self, trial: Trial) -> None:
        self.by_number[trial.number] = trial
        candidate = as_candidate(trial)
        if candidate:
            self.newest[trial.member] = candidate
            self.generations.setdefault(trial.generation, []).append(candidate)

    def trial(self, number: int) -> Trial:
        return self.by_number[number]

    def usable_in(self, first: int, last: int) -> list[Candidate]:
        return [c for generation in range(first, last + 1) for c in self.generations.get(generation, ())]

    def newest_usable(self) -> list[Candidate]:
        return [self.newest[member] for member in sorted(self.newest)]


def specification(problem: Problem, algorithm: PopulationBasedTraining, seed: int) -> Spec:
    return Spec(
        parameters=problem.parameters,
        metrics=(MetricSpec("score", Goal.MAXIMIZE),),
        steps_per_trial=problem.steps_per_trial,
        budget=Budget(max_steps=problem.max_steps),
        seed=seed,
        lease_duration=60.0,
        max_failures_per_trial=3,
        initial_population=problem.initial_population,
        algorithm=replace(algorithm, population_size=problem.members),
        stopping=None,
    )


def run(problem: Problem, algorithm: PopulationBasedTraining, seed: int, workers: int) -> float:
    """The true score of the trial that was seen to be best.

    A free worker takes the next missing member, else the reproduction of the place that has trained least.
    """
    spec = specification(problem, algorithm, seed)
    history = Growing([])
    weights = {0: problem.weights}
    drafts = [initial(spec, member) for member in range(spec.places)][::-1]
    due: list[tuple[int, int, Trial]] = []
    running: list[tuple[int, int, Trial]] = []
    now, best_seen, best = 0, float("-inf"), float("-inf")
    while True:
        while len(running) < workers and (drafts or due):
            draft = drafts.pop() if drafts else child(spec, history, heapq.heappop(due)[2])
            if draft is None:
                continue
            after, seen, true = problem.train(
                weights[draft.parent or 0],
                draft.parameters,
                draft.start_step,
                draft.end_step,
                np.random.default_rng(draft.seed),
            )
            trial = trained(draft, len(weights), seen)
            weights[trial.number] = after
            if seen > best_seen:
                best_seen, best = seen, true
            heapq.heappush(running, (now + draft.end_step - draft.start_step, trial.number, trial))
        if not running:
            return best
        now, _, trial = heapq.heappop(running)
        history.add(trial)
        heapq.heappush(due, (trial.end_step, trial.number, trial))


def child(spec: Spec, history: Growing, initiator: Trial) -> Trial | None:
    return decide(spec, history, Place(initiator), initiator).child


def trained(draft: Trial, number: int, fitness: float) -> Trial:
    return replace(
        draft,
        number=number,
        state=TrialState.COMPLETED,
        fitness=fitness,
        checkpoint=Checkpoint(str(number), draft.end_step),
    )


def result(setting: str, seed: int, workers: int = 2) -> float:
    return run(DECAY_TRAP, SETTINGS[setting], seed, workers)


# The table.


def rows(options: argparse.Namespace) -> Iterator[tuple[str, float, float, float]]:
    """Setting, mean, its standard error, and how many standard errors of the difference it is above truncation."""
    with Pool(options.processes) as pool:
        base: Sequence[float] | None = None
        for setting in options.setting or list(SETTINGS):
            scores = pool.map(partial(result, setting, workers=options.workers), range(options.seeds))
            base = base or scores
            error = stdev(scores) / sqrt(len(scores))
            apart = sqrt(error**2 + stdev(base) ** 2 / len(base))
            yield setting, fmean(scores), error, (fmean(scores) - fmean(base)) / apart


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=60, help="studies for each number (default 60)")
    parser.add_argument("--setting", action="append", choices=SETTINGS, help="repeatable; default all")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1)
    for setting, mean, error, apart in rows(parser.parse_args(sys.argv[1:])):
        print(f"{setting:40}{mean:.3f} ± {error:.3f}   {apart:+.1f}", flush=True)


if __name__ == "__main__":
    main()
