"""Exploration by a model: the hyperparameters that are expected to improve a training fastest from where it stands.

As PB2 (Parker-Holder, Nguyen and Roberts 2020, "Provably efficient online hyperparameter optimization with
population-based bandits", arXiv 2002.02518). A Gaussian process learns the gain of a session,

    y = (fitness − start fitness) / (end step − start step)

from when it was made, at which fitness it began, and its hyperparameters; its covariance is in
`models/time_varying.py`. A child gets the hyperparameters with the greatest

    mean + κ · deviation,   κ = √(0.2 + max(0, ln(0.4 n))) of n observations

for its own step and fitness. Trials that are still running lower the deviation where they are, as if they had
come to what is expected of them (Desautels, Krause and Burdick 2014, "Parallelizing exploration-exploitation
tradeoffs in Gaussian process bandit optimization"); `optimistic` and `pessimistic` assume κ deviations more or less.
Thompson sampling draws a function from the process instead and takes its greatest value: draws of parallel members
differ by themselves.

Where nothing can be learnt that is a poor guide: what is least known then has the greatest bound, and children leave
what their parents were selected for. So the search is tethered to a mutation c of what is inherited, the more the
noisier gains are found to be:

    greatest mean(x) + κ · deviation(x) − λ σ² |x − c|²,   σ² the variance of noise in standardised gains

With no noise it is PB2, with nothing but noise it is mutation. Where mutation changes a category, the bandit of PB2-Mix
says to which (`models/category_bandit.py`); the process, in which two categories are at distance 1, may take another.
Also beyond the papers and their code:

- A child's own start is asked for, the step and fitness that its parent came to, not where the parent's last session
  began.
- Numbers lie on their domain's scale, gains are standardised by their quartiles, a start fitness counts by its
  rank: a session that diverged spoils nothing.
- Immutable hyperparameters are inputs too. They stay the parent's.
- All that is running is known, not only what was suggested since the newest report.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import log, sqrt

import numpy as np
from scipy.stats import rankdata

from progenitor_storage.model.spec import (
    CategoricalDomain,
    GaussianProcessExploration,
    Mutation,
    Parameters,
    ParameterSpec,
    PendingTrials,
    Sigma,
    Value,
)
from progenitor_storage.model.trial import Observation

from .models.acquisition import Region, best_point, upper_confidence_bound
from .models.category_bandit import drawn, probabilities
from .models.encoding import Array, Encoding, Indices
from .models.process import GaussianProcess, conditioned, fitted
from .models.scaling import standardised
from .models.sessions import Sessions, sessions_of
from .models.time_varying import TREND, TimeVarying
from .mutation import mutate_all
from .streams import Stream

LEAST_OBSERVATIONS = 2
"""With fewer a child is mutated: one gain is neither a good nor a bad one."""

STEP = Sigma(0.06)
RESAMPLE_PROBABILITY, RESAMPLE_PROBABILITY_OF_EVERY_CHILD = 0.25, 0.05
"""The mutation that it is tethered to. It is part of the method: `defaults` may change, a study under way must not."""

FITTED = 96
"""The covariance's parameters are fitted to so many of the newest observations; predictions use all."""

DOUBT = 3.0
"""How much it costs to leave the mutant: per squared distance in the unit cube, in units of the noise's variance."""

ANCHORS = 4
"""How many earlier settings the search for the best one begins at, beside the inherited one."""

THOMPSON_RADII = (0.2, 0.05)
THOMPSON_POINTS = 128
"""A function is sampled at so many points from anywhere, and as many at each radius around the anchors."""


def explore(
    exploration: GaussianProcessExploration,
    parameters: Sequence[ParameterSpec],
    inherited: Parameters,
    *,
    every_child: bool,
    start_step: int,
    end_step: int,
    start_fitness: float,
    observations: Sequence[Observation],
    unfinished: Sequence[Observation],
    stream: Stream,
) -> Parameters:
    """`inherited` with every parameter suggested that is not immutable, for a session from `start_step` to `end_step`.

    `observations` are completed sessions of finite fitness, `unfinished` those without a result yet, both in any order.
    `every_child`: those who go on from themselves are explored too, and less is drawn anew. With fewer than
    LEAST_OBSERVATIONS it is a mutation.
    """
    completed = sorted((o for o in observations if o.fitness is not None), key=lambda o: o.number)
    completed = completed[-exploration.history :]
    resampled = RESAMPLE_PROBABILITY_OF_EVERY_CHILD if every_child else RESAMPLE_PROBABILITY
    mutant = mutate_all(Mutation(STEP, resampled, 1.0), parameters, inherited, stream)
    if len(completed) < LEAST_OBSERVATIONS:
        return mutant
    running = sorted(unfinished, key=lambda o: o.number)
    encoding = Encoding(tuple(parameters))
    coming = Observation(0, 0, 0, None, inherited, start_step, end_step, start_fitness, None)
    sessions = sessions_of(encoding, completed, running, coming)
    changed = [p.name for p in parameters if mutant[p.name] != inherited[p.name]]
    mutant = {**mutant, **_drawn_categories(changed, encoding, sessions, completed, stream)}
    region = Region(encoding, encoding.encode(mutant), tuple(p.immutable for p in parameters))
    point = _suggested(exploration.pending, _process(encoding, sessions), sessions, region, stream)
    suggested = encoding.decode(point)
    return {p.name: (inherited if p.immutable else suggested)[p.name] for p in parameters}


def _process(encoding: Encoding, sessions: Sessions) -> GaussianProcess:
    """Fitted to the newest sessions, given all."""
    kernel, gains = TimeVarying(encoding.owners), standardised(sessions.gains)
    newest = fitted(kernel, sessions.inputs[-FITTED:], gains[-FITTED:])
    return conditioned(kernel, newest.theta, newest.noise, sessions.inputs, gains)


def _drawn_categories(
    changed: Sequence[str],
    encoding: Encoding,
    sessions: Sessions,
    completed: Sequence[Observation],
    stream: Stream,
) -> Parameters:
    """Of the parameters that have changed each categorical one: as its bandit draws it."""
    drawn_anew: dict[str, Value] = {}
    for own, parameter in zip(encoding.columns, encoding.parameters, strict=True):
        name, domain = parameter.name, parameter.domain
        if isinstance(domain, CategoricalDomain) and name in changed:
            held = sessions.inputs[:, TREND:][:, own].argmax(axis=1)
            tried = sessions.running[:, TREND:][:, own].argmax(axis=1)
            chances = probabilities(len(domain.values), _rounds(completed, held, sessions.gains))
            drawn_anew[name] = domain.values[drawn(chances, tried, stream)]
    return drawn_anew


def _rounds(completed: Sequence[Observation], held: Indices, gains: Array) -> list[list[tuple[int, float]]]:
    """Each generation's (category, reward): the share of the generation that gained less, ties by half."""
    generations: dict[int, list[int]] = defaultdict(list)
    for place, observation in enumerate(completed):
        generations[observation.generation].append(place)
    return [
        list(zip(held[places].tolist(), (rankdata(gains[places]) - 0.5) / len(places), strict=True))
        for _, places in sorted(generations.items())
    ]


def _suggested(
    pending: PendingTrials, process: GaussianProcess, sessions: Sessions, region: Region, stream: Stream
) -> Array:
    settings = sessions.inputs[:, TREND:]

    def coming(points: Array) -> Array:
        when = np.broadcast_to(sessions.coming[:TREND], (len(points), TREND))
        return np.concatenate((when, points), axis=1)

    promising = np.argsort(-process.mean(coming(region.inside(settings))), kind="stable")[:ANCHORS]
    anchors = np.concatenate((region.centre[None], sessions.coming[None, TREND:], settings[promising]))

    def doubt(points: Array) -> Array:
        cost: Array = DOUBT * process.noise * ((points - region.centre) ** 2).sum(axis=1)
        return cost

    if pending is PendingTrials.THOMPSON_SAMPLING:
        points = np.concatenate(
            (
                region.anywhere(THOMPSON_POINTS, stream),
                *(region.around(anchors, THOMPSON_POINTS, radius, stream) for radius in THOMPSON_RADII),
            )
        )
        sampled = process.sample(coming(points), stream.normals(len(points)))
        best: Array = points[(sampled - doubt(points)).argmax()]
        return best
    expecting = _expecting(pending, process, sessions.running)
    kappa = confidence(len(sessions.gains))

    def score(points: Array) -> Array:
        mean, deviation = expecting.mean_and_deviation(coming(points))
        return upper_confidence_bound(mean, deviation, kappa) - doubt(points)

    return best_point(score, region, anchors, stream)


def _expecting(pending: PendingTrials, process: GaussianProcess, running: Array) -> GaussianProcess:
    """The process, given in addition what running sessions are assumed to come to."""
    if not len(running):
        return process
    mean, deviation = process.mean_and_deviation(running)
    kappa = confidence(len(process.targets))
    match pending:
        case PendingTrials.OPTIMISTIC:
            return process.given(running, mean + kappa * deviation)
        case PendingTrials.PESSIMISTIC:
            return process.given(running, mean - kappa * deviation)
        case _:
            return process.given(running, mean)


def confidence(observations: int) -> float:
    """κ of a positive number of observations, as Ray Tune's PB2 has it (`UCB` in tune/schedulers/pb2_utils.py)."""
    return sqrt(0.2 + max(log(0.4 * observations), 0.0))
