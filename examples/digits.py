"""Handwritten digits: eight networks train side by side, and find a schedule of learning rate and weight decay.

    progenitor run digits.py

The data ship with scikit-learn: 1,797 pictures of 8 × 8 pixels. Learning rates begin anywhere from 1e-5 to 1, most of
them far off; a network that lags goes on from the weights of a better one.

What it gains: the best accuracy of a study is 0.983 ± 0.001, in random search over the same ranges, with as many
networks and epochs, 0.980 ± 0.002 (mean ± standard error of 10 studies: `python -m benchmarks.examples_baseline
examples/digits.py --seeds 10`). What a lucky draw does not give: the worse half of the networks, a control among them,
ends at 0.94 ± 0.03, instead of 0.62 ± 0.08 (6 studies, 6 searches).
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from progenitor import Double, Maximize, Session, Study

study = Study(
    metrics=[Maximize("accuracy")],
    parameters={"lr": Double(1e-5, 1.0, log=True), "weight_decay": Double(1e-6, 1e-2, log=True)},
    population_size=8,
    steps_per_trial=1,  # a step is an epoch
    max_steps=20,
)

WIDTH = 128
BATCH = 32
MOMENTUM = 0.9

Network = dict[str, NDArray[np.float64]]

digits = load_digits()
pictures = digits.data / 16.0
x_train, x_test, y_train, y_test = train_test_split(
    pictures - pictures.mean(axis=0), digits.target, test_size=0.25, random_state=0, stratify=digits.target
)


def train(session: Session, lr: float, weight_decay: float) -> None:
    network = load(session.warm_start) if session.warm_start else new_network(session.seed)
    for epoch in session.steps():
        train_epoch(network, np.random.default_rng([session.seed, epoch]), lr, weight_decay)
    with session.checkpoint() as folder:
        np.savez(folder / "network.npz", allow_pickle=False, **network)
    session.report(accuracy=accuracy(network))


def new_network(seed: int) -> Network:
    """One hidden layer (He et al. 2015), and a velocity for each of its arrays."""
    rng = np.random.default_rng(seed)
    weights = {
        "w1": rng.normal(0.0, np.sqrt(2 / 64), (64, WIDTH)),
        "b1": np.zeros(WIDTH),
        "w2": rng.normal(0.0, np.sqrt(2 / WIDTH), (WIDTH, 10)),
        "b2": np.zeros(10),
    }
    return weights | {f"{name}_velocity": np.zeros_like(array) for name, array in weights.items()}


def load(checkpoint: Path) -> Network:
    with np.load(checkpoint / "network.npz") as stored:
        return dict(stored)


def train_epoch(network: Network, rng: np.random.Generator, lr: float, weight_decay: float) -> None:
    """Stochastic gradient descent with momentum on the cross-entropy."""
    order = rng.permutation(len(x_train))
    for batch in np.array_split(order, len(order) // BATCH):
        x, y = x_train[batch], y_train[batch]
        hidden, probabilities = forward(network, x)
        error = (probabilities - np.eye(10)[y]) / len(batch)
        back = (error @ network["w2"].T) * (hidden > 0.0)
        gradients = {
            "w1": x.T @ back,
            "b1": back.sum(axis=0),
            "w2": hidden.T @ error,
            "b2": error.sum(axis=0),
        }
        for name, gradient in gradients.items():
            velocity = network[f"{name}_velocity"]
            velocity *= MOMENTUM
            velocity -= lr * (gradient + weight_decay * network[name])
            network[name] += velocity


def forward(network: Network, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hidden = np.maximum(0.0, x @ network["w1"] + network["b1"])
    scores = hidden @ network["w2"] + network["b2"]
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, exponentials / exponentials.sum(axis=1, keepdims=True)


def accuracy(network: Network) -> float:
    """Of held-out pictures, the fraction that is recognised."""
    _, probabilities = forward(network, x_test)
    return float((probabilities.argmax(axis=1) == y_test).mean())
