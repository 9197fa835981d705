"""Problems that nothing was tuned on."""

from functools import cache
from math import log10

import numpy as np
from benchmarks.problems import descended, number
from sklearn.datasets import load_breast_cancer

from progenitor_storage.model.spec import DoubleDomain, Parameters, ParameterSpec, Scale

from .control import PENDULUM
from .known_problems import likelihoods, mean_likelihood
from .problem import Problem, Rng, Trained

# Gradient descent with momentum into the curved valley of Rosenbrock's function, f = (1 − x)² + 10 (y − x²)², with
# noisy gradients: across the valley a large step throws it out, along it a small one hardly moves.

BEND = 10.0
GRADIENT_NOISE = 0.3
FARTHEST = 1e3


def rosenbrock(x: float, y: float) -> float:
    return (1 - x) ** 2 + BEND * (y - x * x) ** 2


def valley(state: np.ndarray, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
    rate, momentum = number(parameters, "lr"), number(parameters, "momentum")
    position, velocity = state
    for _ in range(start, end):
        x, y = position
        across = y - x * x
        slope = np.array([-2 * (1 - x) - 4 * BEND * x * across, 2 * BEND * across])
        velocity = momentum * velocity - rate * (slope + GRADIENT_NOISE * rng.standard_normal(2))
        position = np.clip(position + velocity, -FARTHEST, FARTHEST)
    true = -log10(rosenbrock(*position) + 1e-6)
    return Trained(np.stack([position, velocity]), (true + 0.05 * rng.standard_normal(),), (true,))


VALLEY = Problem(
    name="curved valley",
    about=(
        "Gradient descent with momentum into the valley of Rosenbrock's function with noisy gradients; learning rate "
        "(1e-5 to 0.1, log) and momentum (0 to 0.99). The score −log₁₀ f is seen with noise 0.05; 400 steps, a "
        "session of 8."
    ),
    parameters=(
        ParameterSpec("lr", DoubleDomain(1e-5, 0.1, Scale.LOG)),
        ParameterSpec("momentum", DoubleDomain(0.0, 0.99)),
    ),
    members=8,
    steps_per_trial=8,
    max_steps=400,
    weights=np.array([[-1.5, 2.0], [0.0, 0.0]]),
    train=valley,
    seeds=100,
)

# A small network that overfits: 80 biopsies to learn from. Noise on its inputs keeps it from that, at the cost of what
# it can learn at first.

LEARNT = 80
UNITS = 32
BATCHES = 4


@cache
def biopsies() -> tuple[np.ndarray, np.ndarray]:
    measured, benign = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(benign))
    measured, benign = measured[order], benign[order]
    learnt = measured[:LEARNT]
    return (measured - learnt.mean(axis=0)) / learnt.std(axis=0), benign


def untrained() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((30, UNITS)) / 30**0.5, rng.standard_normal((UNITS, 2)) / UNITS**0.5
    layers = (first, np.zeros(UNITS), second, np.zeros(2))
    return (*layers, *(np.zeros_like(layer) for layer in layers))


def overfitting(
    weights: tuple[np.ndarray, ...], parameters: Parameters, start: int, end: int, rng: Rng
) -> Trained:
    measured, benign = biopsies()
    spread = number(parameters, "noise")
    orders = [rng.permutation(LEARNT) for _ in range(start, end)]
    batches = [batch for order in orders for batch in np.array_split(order, BATCHES)]
    noisy = [measured[batch] + spread * rng.standard_normal((len(batch), 30)) for batch in batches]
    after = descended(weights, parameters, list(zip(noisy, (benign[b] for b in batches), strict=True)))
    each = likelihoods(after[:4], measured[LEARNT:], benign[LEARNT:])
    half = len(each) // 2
    return Trained(after, (mean_likelihood(each[:half]),), (mean_likelihood(each[half:]),))


BIOPSIES = Problem(
    name="biopsies",
    about=(
        "A network of 32 hidden units learns 80 cases of the Wisconsin breast cancer data for 60 epochs, two a "
        "session, and overfits; learning rate (1e-4 to 1, log), momentum (0 to 0.95) and noise on its inputs (0 to 2). "
        "The score is the mean log-likelihood of 244 other cases, the figure that of 245 others still."
    ),
    parameters=(
        ParameterSpec("lr", DoubleDomain(1e-4, 1.0, Scale.LOG)),
        ParameterSpec("momentum", DoubleDomain(0.0, 0.95)),
        ParameterSpec("noise", DoubleDomain(0.0, 2.0)),
    ),
    members=8,
    steps_per_trial=2,
    max_steps=60,
    weights=untrained(),
    train=overfitting,
    seeds=100,
)

HELD_BACK = (PENDULUM, VALLEY, BIOPSIES)
