"""scikit-learn: linear classifiers learn the handwritten digits by stochastic gradient descent, an epoch a step.

    progenitor run sklearn_sgd.py

`SGDClassifier.partial_fit` goes on from where a model is, so what scikit-learn keeps constant in a call of `fit`
becomes a schedule: the learning rate, and `alpha`, how much large weights cost. The range of both is as wide as for
someone who knows nothing about them.

What it gains: the cross-entropy of held-out digits comes to 0.138 ± 0.003, and in random search over the same ranges,
with as many members, steps and scores, to 0.218 ± 0.026 (the best of a study, mean ± standard error of 20 studies;
with 17 of the 20 seeds it is better: `python -m benchmarks.examples_baseline examples/sklearn_sgd.py --seeds 20`).
"""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from progenitor import Double, Minimize, Session, Study

study = Study(
    metrics=[Minimize("loss")],
    parameters={"lr": Double(1e-6, 100.0, log=True), "alpha": Double(1e-7, 1.0, log=True)},
    population_size=8,
    steps_per_trial=1,  # a step is an epoch
    max_steps=40,
)

digits = load_digits()
x_train, x_test, y_train, y_test = train_test_split(
    digits.data / 16.0, digits.target, test_size=0.4, random_state=0, stratify=digits.target
)


def train(session: Session, lr: float, alpha: float) -> None:
    # Built with this session's hyperparameters; the checkpoint has none.
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=lr, alpha=alpha, shuffle=False)
    if session.warm_start:
        load(model, session.warm_start)
    for epoch in session.steps():
        order = np.random.default_rng([session.seed, epoch]).permutation(len(x_train))
        model.partial_fit(x_train[order], y_train[order], classes=np.arange(10))
    with session.checkpoint() as folder:
        save(model, folder)
    session.report(loss=log_loss(y_test, model.predict_proba(x_test)))


def save(model: SGDClassifier, folder: Path) -> None:
    """Arrays only: a pickled model would need this release of scikit-learn, and loading it would run its code."""
    np.savez(
        folder / "model.npz",
        allow_pickle=False,
        coef=model.coef_,
        intercept=model.intercept_,
        classes=model.classes_,
        t=model.t_,
    )


def load(model: SGDClassifier, folder: Path) -> None:
    with np.load(folder / "model.npz", allow_pickle=False) as stored:
        model.coef_, model.intercept_ = stored["coef"], stored["intercept"]
        model.classes_, model.t_ = stored["classes"], float(stored["t"])
