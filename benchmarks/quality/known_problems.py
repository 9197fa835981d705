"""The problems of `benchmarks.problems`, which the defaults were measured on, and a toy of longer sessions."""

from collections.abc import Sequence
from functools import cache
from math import log
from statistics import fmean

import numpy as np
from benchmarks import problems as known

from progenitor_storage.model.spec import Parameters

from .problem import Problem, Rng, Session, Train, Trained, Weights


def scalar(train: known.Train) -> Train:
    """One metric, as a session of those problems gives it."""

    def trained(weights: Weights, parameters: Parameters, start: int, end: int, rng: Rng) -> Trained:
        after, seen, true = train(weights, parameters, start, end, rng)
        return Trained(after, (seen,), (true,))

    return trained


def adopted(name: str, key: str, about: str, seeds: int) -> Problem:
    """One of those problems under `name`; what is measured is the true score of the trial seen to be best."""
    its = known.PROBLEMS[key]
    return Problem(
        name=name,
        about=about,
        parameters=its.parameters,
        members=its.members,
        steps_per_trial=its.steps_per_trial,
        max_steps=its.max_steps,
        weights=its.weights,
        train=scalar(its.train),
        seeds=seeds,
        initial_population=its.initial_population,
    )


# The toy of Jaderberg et al. 2017 with any step size η: θ ← θ − 2 η h θ.


def toy(rate: float) -> Train:
    def train(theta: tuple[float, float], parameters: Parameters, start: int, end: int, _rng: Rng) -> Trained:
        a, b = theta
        first, second = known.number(parameters, "h0"), known.number(parameters, "h1")
        for _ in range(start, end):
            a -= 2 * rate * first * a
            b -= 2 * rate * second * b
        score = 1.2 - a * a - b * b
        return Trained((a, b), (score,), (score,))

    return train


def toy_problem(name: str, steps: int, ready: int, rate: float) -> Problem:
    about = (
        f"The toy of the PBT paper: two members climb 1.2 − h₀θ₀² − h₁θ₁² from θ = (0.9, 0.9), one with "
        f"h = (0, 1), one with (1, 0); the score is 1.2 − θ₀² − θ₁². {steps} steps of size {rate}, a session of "
        f"{ready}. Nothing is random but the search."
    )
    return Problem(
        name=name,
        about=about,
        parameters=known.TOY.parameters,
        members=2,
        steps_per_trial=ready,
        max_steps=steps,
        weights=known.TOY.weights,
        train=toy(rate),
        seeds=100,
        initial_population=known.TOY.initial_population,
    )


# Handwritten digits: a small network, scored by its log-likelihood on pictures that it has not seen. Half of them
# tell the search, the other half how good it was. There are few to learn from, and many to tell by.

LEARNT = 300
BATCHES = 10


@cache
def pictures() -> tuple[np.ndarray, np.ndarray]:
    learnt_pixels, learnt, held_pixels, held = known.images()
    return np.concatenate([learnt_pixels, held_pixels]), np.concatenate([learnt, held])


def likelihoods(layers: Sequence[np.ndarray], pixels: np.ndarray, digits: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        hidden = np.maximum(pixels @ layers[0] + layers[1], 0.0)
        logits = hidden @ layers[2] + layers[3]
        logits -= logits.max(axis=1, keepdims=True)
        each: np.ndarray = logits[np.arange(len(digits)), digits] - np.log(np.exp(logits).sum(axis=1))
    return each


WORST_LIKELIHOOD = -log(1e3)
"""Of a network whose weights are no numbers any more, and the least for one picture: far below guessing, −log 10."""


def mean_likelihood(each: np.ndarray) -> float:
    return float(np.nan_to_num(each, nan=WORST_LIKELIHOOD).clip(WORST_LIKELIHOOD).mean())


def digits(
    weights: tuple[np.ndarray, ...], parameters: Parameters, start: int, end: int, rng: Rng
) -> Trained:
    pixels, labels = pictures()
    orders = [rng.permutation(LEARNT) for _ in range(start, end)]
    batches = [batch for order in orders for batch in np.array_split(order, BATCHES)]
    after = known.descended(weights, parameters, [(pixels[batch], labels[batch]) for batch in batches])
    each = likelihoods(after[:4], pixels[LEARNT:], labels[LEARNT:])
    half = len(each) // 2
    return Trained(after, (mean_likelihood(each[:half]),), (mean_likelihood(each[half:]),))


def worse_half(sessions: Sequence[Session]) -> float:
    """The mean true score of the worse half of the members, where each has ended."""
    last = sorted({session.member: session.true[0] for session in sessions}.values())
    return fmean(last[: max(len(last) // 2, 1)])


DIGITS = Problem(
    name="digits",
    about=(
        "A network of 64 hidden units learns 300 of scikit-learn's handwritten digits in 20 epochs, an "
        "epoch a session; learning rate log-uniform from 1e-5 to 1, momentum from 0 to 0.95. The score is the "
        "mean log-likelihood of 748 other pictures, the figure that of 749 others still."
    ),
    parameters=known.DIGITS.parameters,
    members=8,
    steps_per_trial=1,
    max_steps=20,
    weights=known.DIGITS.weights,
    train=digits,
    seeds=100,
)


TRIANGLE = adopted(
    "triangle",
    "triangle",
    "Ray Tune's example `pbt_function`: the best learning rate rises with the accuracy up to 100, then falls; "
    "600 steps, a session of 5, noise of 2 a step in the accuracy itself. Learning rates are sampled uniformly from "
    "[0.0001, 0.02].",
    seeds=60,
)

KNOWN: Sequence[Problem] = (
    toy_problem("toy 75/1", 75, 1, 0.01),
    toy_problem("toy 40/5", 40, 5, 0.02),
    TRIANGLE,
    adopted(
        "noisy quadratic",
        "quadratic",
        "Gradient descent with momentum in eight dimensions of curvatures from 0.03 to 3 with noisy gradients: a large "
        "learning rate first, a small one at last. The score −log₁₀ loss is seen with noise 0.1; 600 steps, a session "
        "of 10.",
        seeds=100,
    ),
    adopted(
        "drifting optimum",
        "drift",
        "Each step gains by how near two hyperparameters are to a best point that moves all the time, on a log scale "
        "from 1e-4 to 1 and a linear one; 300 steps, a session of 5, hardly any evaluation noise.",
        seeds=100,
    ),
    DIGITS,
    adopted(
        "heavy noise",
        "noisy",
        "The best point stands still, but the evaluation's noise of 0.05 is three times what a session can gain "
        "at all; 300 steps, a session of 5.",
        seeds=100,
    ),
    adopted(
        "switching category",
        "switch",
        "The drifting optimum with a category beside it, the best of three changing twice.",
        seeds=100,
    ),
    adopted(
        "investment",
        "invest",
        "Greed loses: what is invested now costs now and makes all later steps gain more. 200 steps, a session of 5.",
        seeds=100,
    ),
)
