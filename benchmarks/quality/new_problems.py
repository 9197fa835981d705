"""An optimum that jumps, greed that loses, and two objectives."""

from collections.abc import Sequence
from math import log2, log10

import numpy as np
from benchmarks.problems import near, number

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
)

from .problem import Problem, Rng, Session, Trained

# Short-horizon bias (Wu et al. 2018, "Understanding short-horizon bias in stochastic meta-optimization", section 3):
# stochastic gradient descent on a quadratic, of which the expected loss is known exactly. With learning rate α, for
# each curvature h, of which the gradient has the variance (h s)²,
#
#     E[θ] ← (1 − α h) E[θ]        Var[θ] ← (1 − α h)² Var[θ] + (α h s)²        loss = Σ h (E[θ]² + Var[θ]) / 2
#
# Where the curvature is large, the loss is mostly noise, and a smaller α lowers it at once; where it is small, only a
# large α ever gets on. Greed lowers α too early.

CURVATURES = np.array([1.0] * 4 + [0.01] * 12)
GRADIENT_NOISE = 1.0


def horizon(moments: np.ndarray, parameters: Parameters, start: int, end: int, _rng: Rng) -> Trained:
    mean, variance = moments
    rate = number(parameters, "lr")
    kept = 1.0 - rate * CURVATURES
    noise = (rate * CURVATURES * GRADIENT_NOISE) ** 2
    for _ in range(start, end):
        mean = kept * mean
        variance = kept**2 * variance + noise
    loss = float(CURVATURES @ (mean**2 + variance)) / 2
    score = -log10(loss)
    return Trained(np.stack([mean, variance]), (score,), (score,))


SHORT_HORIZON = Problem(
    name="short horizon",
    about=(
        "Greed loses: the expected loss of stochastic gradient descent on the noisy quadratic of Wu et "
        "al. 2018. A small learning rate looks better at once, as it lowers the noise of the 4 steep "
        "directions, but the 12 flat ones need a large one for long. The learning rate is sampled from "
        "0.001 to 1 on a log scale; 300 steps, a session of 5."
    ),
    parameters=(ParameterSpec("lr", DoubleDomain(1e-3, 1.0, Scale.LOG)),),
    members=8,
    steps_per_trial=5,
    max_steps=300,
    weights=np.stack([np.full(16, 10.0), np.zeros(16)]),
    train=horizon,
    seeds=100,
)

# An optimum that jumps in a mixed space: three regimes of 100 steps. A step gains by how near every parameter is.

REGIMES = (
    ("sgd", -2.0, 4, 64.0),
    ("adam", -4.0, 12, 16.0),
    ("rmsprop", -3.0, 7, 256.0),
)


def jumping(gained: float, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
    place = log10(number(parameters, "lr"))
    depth, batch = number(parameters, "depth"), log2(number(parameters, "batch"))
    for step in range(start, end):
        optimizer, best, deep, large = REGIMES[step // 100]
        fits = 1.0 if parameters["optimizer"] == optimizer else 0.3
        gained += fits * near(place, best, 0.5) * near(depth, deep, 3.0) * near(batch, log2(large), 1.5) / 300
    return Trained(gained, (gained + 0.003 * rng.standard_normal(),), (gained,))


JUMP = Problem(
    name="jumping optimum",
    about=(
        "The best point jumps twice in a mixed space: a learning rate (1e-6 to 1, log), an integer (1 to "
        "16), an ordered set of five and a category of four. Each step gains by how near every one of "
        "them is. 300 steps, a session of 5."
    ),
    parameters=(
        ParameterSpec("lr", DoubleDomain(1e-6, 1.0, Scale.LOG)),
        ParameterSpec("depth", IntegerDomain(1, 16)),
        ParameterSpec("batch", DiscreteDomain((16.0, 32.0, 64.0, 128.0, 256.0))),
        ParameterSpec("optimizer", CategoricalDomain(("sgd", "adam", "rmsprop", "lion"))),
    ),
    members=8,
    steps_per_trial=5,
    max_steps=300,
    weights=0.0,
    train=jumping,
    seeds=100,
)

# Two tasks that want different weights: gradient descent on w · f₁ + (1 − w) · f₂, fₖ = mean cᵢ (θᵢ − aₖᵢ)², with noisy
# gradients. Each w leads to another trade-off; only a population that stays apart finds them all.

SIZE = 10
TARGETS = np.stack([np.ones(SIZE), -np.ones(SIZE)])
STIFFNESS = np.logspace(-0.5, 0.5, SIZE)
WORST_LOSS = 4.0


def losses(theta: np.ndarray) -> tuple[float, float]:
    first, second = (STIFFNESS * (theta - TARGETS) ** 2).mean(axis=1)
    return float(first), float(second)


def two_tasks(theta: np.ndarray, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
    rate, share = number(parameters, "lr"), number(parameters, "share")
    for _ in range(start, end):
        gradient = STIFFNESS * (theta - share * TARGETS[0] - (1 - share) * TARGETS[1])
        theta = np.clip(theta - rate * (gradient + rng.standard_normal(SIZE)), -1e3, 1e3)
    first, second = losses(theta)
    return Trained(theta, (-first, -second), (-first, -second))


def hypervolume(sessions: Sequence[Session]) -> float:
    """Of all that a study has trained, its best trade-offs: the area that they dominate in the square of losses from
    0 to WORST_LOSS, as a part of the square.
    """
    area, ceiling = 0.0, WORST_LOSS
    for first, second in sorted((-session.true[0], -session.true[1]) for session in sessions):
        if first < WORST_LOSS and second < ceiling:
            area += (WORST_LOSS - first) * (ceiling - second)
            ceiling = second
    return area / WORST_LOSS**2


TWO_OBJECTIVES = Problem(
    name="two objectives",
    about=(
        "Two tasks that share ten weights: gradient descent on a weighted sum of their losses with noisy "
        "gradients; the share (0 to 1) and the learning rate (1e-3 to 1, log) are searched. The figure is "
        "the hypervolume of all trained weights. Methods for one metric maximize the sum of both. 200 "
        "steps, a session of 5."
    ),
    parameters=(
        ParameterSpec("lr", DoubleDomain(1e-3, 1.0, Scale.LOG)),
        ParameterSpec("share", DoubleDomain(0.0, 1.0)),
    ),
    members=8,
    steps_per_trial=5,
    max_steps=200,
    weights=np.full(SIZE, 3.0),
    train=two_tasks,
    seeds=100,
    metrics=("first", "second"),
    measure=hypervolume,
)
