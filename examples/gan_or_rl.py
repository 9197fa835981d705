"""A drone learns to fly to a point and to hover there: reinforcement learning by evolution strategies, in numpy.

    progenitor run gan_or_rl.py

The drone moves in a plane, on two rotors. A network of 146 weights sees where it is and how fast, and sets their
thrusts. A step of training tries 32 networks around the present one and moves towards those that fly better (Salimans
et al. 2017, arXiv 1703.03864). `sigma` is how far away they are tried, `lr` how far it moves. A large move finds out
how to fly, a small one how to hover in one place: the schedule goes from the one to the other.

What it gains: the nearness of the best comes to 0.730 ± 0.006, and in random search over the same ranges, with as many
members, steps and scores, to 0.680 ± 0.020 (mean ± standard error of 20 studies; with 15 of the 20
seeds it is better: `python -m benchmarks.examples_baseline examples/gan_or_rl.py --seeds 20`).
"""

import numpy as np
from numpy.typing import NDArray

from progenitor import Double, Maximize, Session, Study

study = Study(
    metrics=[Maximize("nearness")],
    parameters={"lr": Double(1e-3, 10.0, log=True), "sigma": Double(1e-3, 10.0, log=True)},
    population_size=8,
    steps_per_trial=5,
    max_steps=200,
)

SEEN, WIDTH = 6, 16
WEIGHTS = (SEEN + 1) * WIDTH + (WIDTH + 1) * 2
PAIRS, FLIGHTS = 16, 8
TICKS, TICK = 100, 0.05  # a flight takes five seconds
GRAVITY, MASS, THRUST = 9.81, 2.0, 20.0  # m/s², kg, and the most that a rotor gives, in N
TURN = 0.5  # rad/s² for each N by which the rotors differ

Array = NDArray[np.float64]


def train(session: Session, lr: float, sigma: float) -> None:
    if session.warm_start:
        weights = np.load(session.warm_start / "weights.npy", allow_pickle=False)
    else:
        weights = np.random.default_rng(session.seed).normal(0.0, 0.1, WEIGHTS)
    for step in session.steps():
        weights = weights + lr * direction(weights, sigma, np.random.default_rng([session.seed, step]))
    with session.checkpoint() as folder:
        np.save(folder / "weights.npy", weights, allow_pickle=False)
    session.report(nearness=nearness(weights[None], TEST_STARTS).mean())


def direction(weights: Array, sigma: float, rng: np.random.Generator) -> Array:
    """Where networks fly better: the noise in the weights, weighted by the rank that it has led to.

    Each noise is tried with both signs, on the same flights as all others, so that luck cancels out.
    """
    noise = rng.normal(size=(PAIRS, WEIGHTS))
    noise = np.concatenate([noise, -noise])
    scores = nearness(weights + sigma * noise, starts(rng, FLIGHTS)).mean(axis=1)
    ranks = scores.argsort().argsort().astype(np.float64)
    towards: Array = (ranks - ranks.mean()) / ranks.std() @ noise / len(noise)
    return towards


def starts(rng: np.random.Generator, flights: int) -> Array:
    """Where flights begin: position in m, tilt in rad, and how fast these change each second; (flights, 6)."""
    return rng.uniform(-1.0, 1.0, (flights, SEEN)) * [2.0, 2.0, 0.5, 1.0, 1.0, 1.0]


TEST_STARTS = starts(np.random.default_rng(0), 128)


def nearness(weights: Array, begin: Array) -> Array:
    """1 at the point, 1/2 about 30 cm away from it, averaged over a flight; (networks, flights)."""
    hidden_end = (SEEN + 1) * WIDTH
    w1 = weights[:, : SEEN * WIDTH].reshape(-1, SEEN, WIDTH)
    b1 = weights[:, None, SEEN * WIDTH : hidden_end]
    w2 = weights[:, hidden_end:-2].reshape(-1, WIDTH, 2)
    b2 = weights[:, None, -2:]
    state = np.repeat(begin[None], len(weights), axis=0)
    total = np.zeros(state.shape[:2])
    for _ in range(TICKS):
        rotors = 0.5 * THRUST * (1.0 + np.tanh(np.tanh(state @ w1 + b1) @ w2 + b2))
        state = state + TICK * np.concatenate([state[..., 3:], acceleration(state, rotors)], axis=-1)
        total += 1.0 / (1.0 + 10.0 * (state[..., 0] ** 2 + state[..., 1] ** 2))
    return total / TICKS


def acceleration(state: Array, rotors: Array) -> Array:
    tilt = state[..., 2]
    lift = rotors.sum(axis=-1) / MASS
    turn = TURN * (rotors[..., 1] - rotors[..., 0])
    return np.stack([-lift * np.sin(tilt), lift * np.cos(tilt) - GRAVITY, turn], axis=-1)
