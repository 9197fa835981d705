"""The training file of `progenitor demo`: the toy problem of Jaderberg et al. 2017 (arXiv 1711.09846), figure 2.

What is wanted is the greatest Q(θ) = 1.2 − θ0² − θ1². What is trained is a surrogate that knows Q only through the
hyperparameters: Q̂(θ | h) = 1.2 − (h0·θ0² + h1·θ1²), by gradient ascent. With h = (0, 1) alone θ0 never moves.
"""

import json

from progenitor import Discrete, Double, Maximize, Session, Study

METRICS = [Maximize("Q")]
INITIAL_POPULATION = [{"h0": 0.0, "h1": 1.0}, {"h0": 1.0, "h1": 0.0}]

study = Study(
    metrics=METRICS,
    parameters={"h0": Double(0.0, 1.0), "h1": Double(0.0, 1.0), "eta": Discrete([0.01], immutable=True)},
    initial_population=INITIAL_POPULATION,
    population_size=len(INITIAL_POPULATION),
    steps_per_trial=1,
    max_steps=75,
)

BEGINNING = (0.9, 0.9)
"""θ of both members before the first step."""
BEST_POSSIBLE = 1.2
WEIGHTS = "theta.json"


def train(session: Session, h0: float, h1: float, eta: float) -> None:
    theta0, theta1 = BEGINNING
    if session.warm_start:
        theta0, theta1 = json.loads((session.warm_start / WEIGHTS).read_text())
    for _ in session.steps():
        theta0 -= 2 * eta * h0 * theta0  # θ ← θ + η ∂Q̂/∂θ
        theta1 -= 2 * eta * h1 * theta1
    session.report(Q=quality(theta0, theta1))
    with session.checkpoint() as folder:
        (folder / WEIGHTS).write_text(json.dumps([theta0, theta1]))


def quality(theta0: float, theta1: float) -> float:
    # In this order: where two members are each other's mirror image, rounding says which one is fitter. Were they
    # equal, neither would be copied, and with it nothing is without exploration.
    return BEST_POSSIBLE - theta0 * theta0 - theta1 * theta1
