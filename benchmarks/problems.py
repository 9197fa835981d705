"""Small problems on which a search can do well or badly."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import exp, log10, pi, sin
from statistics import fmean
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    DoubleDomain,
    InitialMember,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Scale,
)

Weights = Any
"""Whatever a problem trains."""

Rng = np.random.Generator


Train = Callable[[Weights, Parameters, int, int, Rng], tuple[Weights, float, float]]


@dataclass(frozen=True, slots=True)
class Problem:
    """`train` makes steps start + 1 … end and gives the new weights, the score seen and the true score."""

    parameters: tuple[ParameterSpec, ...]
    members: int
    steps_per_trial: int
    max_steps: int
    weights: Weights
    train: Train
    initial_population: tuple[InitialMember, ...] = ()
    measure: Callable[[float, Sequence[float]], float] = lambda best, _: best
    """What is averaged over studies: of the true score of the trial that was seen to be best, and of the
    members' last true scores."""


def number(parameters: Parameters, name: str) -> float:
    value = parameters[name]
    if isinstance(value, str):
        raise TypeError(f"{name} is {value!r}")
    return value


# The triangle wave of Ray Tune's example `pbt_function`.


def triangle(
    accuracy: float, parameters: Parameters, start: int, end: int, rng: Rng
) -> tuple[float, float, float]:
    rate = number(parameters, "lr")
    for _ in range(start, end):
        best = min(max(0.01 * (1 - abs(accuracy / 100 - 1)), 0.001), 0.01)
        q = max(rate, best) / min(rate, best)
        if q < 4:
            accuracy += rng.random() / q
        elif rate > best:
            accuracy -= (q - 4) * rng.random()
        accuracy = max(accuracy + 2 * rng.standard_normal(), 0.0)
    return accuracy, accuracy, accuracy


def triangle_wave(scale: Scale, starts: tuple[InitialMember, ...] = ()) -> Problem:
    rate = ParameterSpec("lr", DoubleDomain(0.0001, 0.02, scale))
    return Problem((rate,), 8, 5, 600, 0.0, triangle, starts, measure=lambda best, _: float(best >= 200))


# The toy of Jaderberg et al. 2017: the surrogate 1.2 − h₀θ₀² − h₁θ₁² is climbed, 1.2 − θ₀² − θ₁² is the
# score.


def toy(
    theta: tuple[float, float], parameters: Parameters, start: int, end: int, _rng: Rng
) -> tuple[tuple[float, float], float, float]:
    a, b = theta
    for _ in range(start, end):
        a -= 2 * 0.01 * number(parameters, "h0") * a
        b -= 2 * 0.01 * number(parameters, "h1") * b
    score = 1.2 - a * a - b * b
    return (a, b), score, score


TOY = Problem(
    (ParameterSpec("h0", DoubleDomain(0.0, 1.0)), ParameterSpec("h1", DoubleDomain(0.0, 1.0))),
    2,
    1,
    75,
    (0.9, 0.9),
    toy,
    (InitialMember({"h0": 0.0, "h1": 1.0}), InitialMember({"h0": 1.0, "h1": 0.0})),
)


# Gradient descent with noisy gradients: a large rate first, a small one at last. Scores are noisy too.

CURVATURE = np.logspace(-1.5, 0.5, 8)


def quadratic(
    theta: np.ndarray, parameters: Parameters, start: int, end: int, rng: Rng
) -> tuple[np.ndarray, float, float]:
    rate, momentum = number(parameters, "lr"), number(parameters, "momentum")
    position, velocity = theta
    for _ in range(start, end):
        gradient = CURVATURE * position + rng.standard_normal(8)
        velocity = momentum * velocity - rate * gradient
        position = np.clip(position + velocity, -1e6, 1e6)
    true = -log10(float(CURVATURE @ position**2) / 2 + 1e-6)
    return np.stack([position, velocity]), true + 0.1 * rng.standard_normal(), true


QUADRATIC = Problem(
    (
        ParameterSpec("lr", DoubleDomain(1e-4, 1.0, Scale.LOG)),
        ParameterSpec("momentum", DoubleDomain(0.0, 0.99)),
    ),
    8,
    10,
    600,
    np.stack([np.full(8, 10.0), np.zeros(8)]),
    quadratic,
)


# Each step gains by how near the setting is to the best one, which may move. The scores have noise of their
# own.


def gaining(gain: Callable[[Parameters, int], float], noise: float, last: int) -> Train:
    def train(
        gained: float, parameters: Parameters, start: int, end: int, rng: Rng
    ) -> tuple[float, float, float]:
        gained += sum(gain(parameters, step) for step in range(start, end)) / last
        return gained, gained + noise * rng.standard_normal(), gained

    return train


def near(value: float, best: float, width: float) -> float:
    return exp(-(((value - best) / width) ** 2) / 2)


def drifting(parameters: Parameters, step: int) -> float:
    phase = 2 * pi * step / 300
    x, y = log10(number(parameters, "x")), number(parameters, "y")
    return near(x, sin(phase) - 2, 0.5) * near(y, 0.5 + 0.4 * sin(phase + 1), 0.2)


def switching(parameters: Parameters, step: int) -> float:
    return drifting(parameters, step) * (1.0 if parameters["kind"] == "abc"[step // 100] else 0.3)


def standing(parameters: Parameters, _: int) -> float:
    x, y = log10(number(parameters, "x")), number(parameters, "y")
    return near(x, -2.7, 0.5) * near(y, 0.3, 0.2)


def mixed(parameters: Parameters, _: int) -> float:
    x, y = log10(number(parameters, "x")), number(parameters, "y")
    z, w = log10(number(parameters, "z")), log10(number(parameters, "width"))
    fits = 1.0 if parameters["kind"] == "b" else 0.5
    batch = near(log10(number(parameters, "batch")), 1.8, 0.3)
    return fits * batch * near(x, -2.7, 0.7) * near(y, 0.3, 0.3) * near(z, -4.0, 1.0) * near(w, 2.2, 0.4)


X = ParameterSpec("x", DoubleDomain(1e-4, 1.0, Scale.LOG))
Y = ParameterSpec("y", DoubleDomain(0.0, 1.0))
Z = ParameterSpec("z", DoubleDomain(1e-7, 1e-1, Scale.LOG))
KIND = ParameterSpec("kind", CategoricalDomain(("a", "b", "c")))
WIDTH = ParameterSpec("width", IntegerDomain(8, 1024, Scale.LOG))
BATCH = ParameterSpec("batch", DiscreteDomain((16.0, 32.0, 64.0, 128.0, 256.0)))


# A setting that costs now and pays later: what is not gained at once makes all later steps gain more.


def invest(
    state: tuple[float, float], parameters: Parameters, start: int, end: int, rng: Rng
) -> tuple[tuple[float, float], float, float]:
    skill, gained = state
    share = number(parameters, "share")
    for _ in range(start, end):
        gained += skill * (1 - share) / 200
        skill += skill * share / 50
    return (skill, gained), gained + 0.01 * skill * rng.standard_normal(), gained


# Handwritten digits of scikit-learn, a network of one hidden layer, an epoch a trial.


@cache
def images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    pixels, digits = pixels[order] / 16.0, digits[order]
    return pixels[:1200], digits[:1200], pixels[1200:], digits[1200:]


def network() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((64, 64)) / 8, rng.standard_normal((64, 10)) / 8
    layers = (first, np.zeros(64), second, np.zeros(10))
    return (*layers, *(np.zeros_like(layer) for layer in layers))


def epoch(
    weights: tuple[np.ndarray, ...], parameters: Parameters, start: int, end: int, rng: Rng
) -> tuple[tuple[np.ndarray, ...], float, float]:
    pixels, digits, held_pixels, held_digits = images()
    batches = np.array_split(rng.permutation(len(digits)), (end - start) * 38)
    layers = descended(weights, parameters, [(pixels[batch], digits[batch]) for batch in batches])
    with np.errstate(all="ignore"):
        guesses = np.maximum(held_pixels @ layers[0] + layers[1], 0.0) @ layers[2] + layers[3]
    accuracy = float((guesses.argmax(axis=1) == held_digits).mean())
    return layers, accuracy, accuracy


def descended(
    weights: tuple[np.ndarray, ...],
    parameters: Parameters,
    batches: Sequence[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, ...]:
    """Gradient descent with momentum on the cross-entropy of each batch of pixels and digits."""
    rate, momentum = number(parameters, "lr"), number(parameters, "momentum")
    layers, velocities = list(weights[:4]), list(weights[4:])
    with np.errstate(all="ignore"):
        for inputs, digits in batches:
            hidden = np.maximum(inputs @ layers[0] + layers[1], 0.0)
            logits = hidden @ layers[2] + layers[3]
            error = np.exp(logits - logits.max(axis=1, keepdims=True))
            error /= error.sum(axis=1, keepdims=True)
            error[np.arange(len(digits)), digits] -= 1.0
            error /= len(digits)
            back = (error @ layers[2].T) * (hidden > 0)
            gradients = (inputs.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0))
            velocities = [momentum * v - rate * g for v, g in zip(velocities, gradients, strict=True)]
            layers = [layer + v for layer, v in zip(layers, velocities, strict=True)]
    return (*layers, *velocities)


DIGITS = Problem(
    (
        ParameterSpec("lr", DoubleDomain(1e-5, 1.0, Scale.LOG)),
        ParameterSpec("momentum", DoubleDomain(0.0, 0.95)),
    ),
    8,
    1,
    20,
    network(),
    epoch,
)


PROBLEMS: Mapping[str, Problem] = {
    "triangle": triangle_wave(Scale.LINEAR),
    "triangle-log": triangle_wave(Scale.LOG),
    "triangle-low": triangle_wave(Scale.LINEAR, (InitialMember({"lr": 0.0001}),) * 8),
    "toy": TOY,
    "quadratic": QUADRATIC,
    "drift": Problem((X, Y), 8, 5, 300, 0.0, gaining(drifting, 0.003, 300)),
    "switch": Problem((X, Y, KIND), 8, 5, 300, 0.0, gaining(switching, 0.003, 300)),
    "noisy": Problem((X, Y), 8, 5, 300, 0.0, gaining(standing, 0.05, 300)),
    "mixed": Problem((X, Y, Z, KIND, WIDTH, BATCH), 8, 5, 300, 0.0, gaining(mixed, 0.003, 300)),
    "digits": DIGITS,
    "digits-worse": replace(DIGITS, measure=lambda _, last: fmean(last[: len(last) // 2])),
    "invest": Problem(
        (ParameterSpec("share", DoubleDomain(0.0, 1.0)),),
        8,
        5,
        200,
        (1.0, 0.0),
        invest,
        measure=lambda best, _: log10(best),
    ),
}
