"""A small control problem: a pendulum is swung up by a network that evolution strategies train.

The pendulum is that of Gymnasium's `Pendulum-v1`: angle 0 upright, gravity 10, mass and length 1, torque at most 2,
0.05 s a step, the reward −(angle² + 0.1 velocity² + 0.001 torque²). The torque is too weak to lift it at once.

A step of training is one of evolution strategies (Salimans et al. 2017, "Evolution strategies as a scalable
alternative to reinforcement learning"), with n pairs of mirrored perturbations ε and ranks in place of rewards:

    θ ← θ + α / (2 n σ) Σ (rank(θ + σ ε) − rank(θ − σ ε)) ε
"""

from math import pi

import numpy as np
from benchmarks.problems import number

from progenitor_storage.model.spec import DoubleDomain, Parameters, ParameterSpec, Scale

from .problem import Problem, Rng, Trained

PAIRS = 8
HORIZON = 120
STARTS = 4
HIDDEN = 8
WEIGHTS = 4 * HIDDEN + HIDDEN + 1


def returns(policies: np.ndarray, angles: np.ndarray, velocities: np.ndarray) -> np.ndarray:
    """The mean reward a step of each policy, (policies,), from starts of shape (policies, starts)."""
    count = len(policies)
    inner = policies[:, : 3 * HIDDEN].reshape(count, 3, HIDDEN)
    bias = policies[:, None, 3 * HIDDEN : 4 * HIDDEN]
    outer = policies[:, 4 * HIDDEN : 5 * HIDDEN, None]
    last = policies[:, -1, None]
    angle, velocity = angles, velocities
    total = np.zeros(angle.shape)
    for _ in range(HORIZON):
        sine = np.sin(angle)
        seen = np.stack([np.cos(angle), sine, velocity / 4], axis=2)
        torque = 2.0 * np.tanh((np.tanh(seen @ inner + bias) @ outer)[:, :, 0] + last)
        off = (angle + pi) % (2 * pi) - pi
        total -= off * off + 0.1 * velocity * velocity + 0.001 * torque * torque
        velocity = np.clip(velocity + (15.0 * sine + 3.0 * torque) * 0.05, -8.0, 8.0)
        angle = angle + velocity * 0.05
    mean: np.ndarray = total.mean(axis=1) / HORIZON
    return mean


def starts(rng: Rng, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(-pi, pi, count), rng.uniform(-1.0, 1.0, count)


JUDGED = starts(np.random.default_rng(0), 32)
"""Where the true score is taken from."""


def swing_up(theta: np.ndarray, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
    rate, sigma = number(parameters, "lr"), number(parameters, "sigma")
    for _ in range(start, end):
        noise = rng.standard_normal((PAIRS, WEIGHTS))
        tried = theta + sigma * np.concatenate([noise, -noise])
        # The same starts for all, so that they differ by their weights alone.
        angles, velocities = (np.tile(drawn, (2 * PAIRS, 1)) for drawn in starts(rng, STARTS))
        ranks = returns(tried, angles, velocities).argsort().argsort() / (2 * PAIRS - 1) - 0.5
        theta = theta + rate / (2 * PAIRS * sigma) * ((ranks[:PAIRS] - ranks[PAIRS:]) @ noise)
        theta = np.clip(theta, -100.0, 100.0)
    angles, velocities = starts(rng, STARTS)
    angles, velocities = np.concatenate([angles, JUDGED[0]]), np.concatenate([velocities, JUDGED[1]])
    each = returns(np.tile(theta, (len(angles), 1)), angles[:, None], velocities[:, None])
    return Trained(theta, (float(each[:STARTS].mean()),), (float(each[STARTS:].mean()),))


PENDULUM = Problem(
    name="pendulum",
    about=(
        "A pendulum is swung up by a network of 8 hidden units, trained by evolution strategies: 80 "
        "steps, a session of 4; the step size (1e-3 to 10, log) and the size of the perturbations (0.01 "
        "to 3, log) are searched. The score is the mean reward a step from 4 random starts, the figure "
        "that from 32 fixed ones."
    ),
    parameters=(
        ParameterSpec("lr", DoubleDomain(1e-3, 10.0, Scale.LOG)),
        ParameterSpec("sigma", DoubleDomain(0.01, 3.0, Scale.LOG)),
    ),
    members=8,
    steps_per_trial=4,
    max_steps=80,
    weights=0.1 * np.random.default_rng(1).standard_normal(WEIGHTS),
    train=swing_up,
    seeds=60,
)
