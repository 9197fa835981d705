"""PyTorch: small networks learn the handwritten digits from 400 pictures, and find their optimizer's schedule.

    pip install torch safetensors scikit-learn
    progenitor run pytorch.py

The checkpoint holds the weights as safetensors and the optimizer's state, which is read without pickled code. The range
of every hyperparameter is as wide as for someone who knows nothing about it. Every time that a picture is seen there is
other noise on it, so that a constant learning rate is soon too large or for long too small.

What it gains: the cross-entropy of held-out digits comes to 0.134 ± 0.006, and in random search over the same ranges,
with as many members, steps and scores, to 0.228 ± 0.039 (the best of a study, mean ± standard error of 20 studies;
with 19 of the 20 seeds it is better: `python -m benchmarks.examples_baseline examples/pytorch.py --seeds 20`).
"""
# Types are checked where PyTorch is not installed, too; where it is, some of it has none.
# mypy: disable-error-code="import-not-found, no-untyped-call"

import torch
from safetensors.torch import load_model, save_model
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from progenitor import Double, Minimize, Session, Study

study = Study(
    metrics=[Minimize("loss")],
    parameters={
        "lr": Double(1e-6, 10.0, log=True),
        "momentum": Double(0.0, 0.99),
        "weight_decay": Double(1e-7, 1.0, log=True),
    },
    population_size=8,
    steps_per_trial=3,  # a step is an epoch
    max_steps=60,
)

BATCH = 8
NOISE = 0.3

torch.set_num_threads(1)  # the workers share the cores

digits = load_digits()
x_train, x_test, y_train, y_test = (
    torch.from_numpy(array)
    for array in train_test_split(
        (digits.data / 16.0).astype("float32"),
        digits.target,
        train_size=400,
        random_state=0,
        stratify=digits.target,
    )
)


def train(session: Session, lr: float, momentum: float, weight_decay: float) -> None:
    torch.manual_seed(session.seed)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, weight_decay=weight_decay)
    if session.warm_start:
        load_model(model, session.warm_start / "model.safetensors")
        optimizer.load_state_dict(torch.load(session.warm_start / "optimizer.pt", weights_only=True))
        # The state brings the parent's hyperparameters back with it: this session's are set after loading, not before.
        for group in optimizer.param_groups:
            group.update(lr=lr, momentum=momentum, weight_decay=weight_decay)
    session.report(loss=loss(model))  # before the first step: what the warm start is worth
    for epoch in session.steps():
        # So that a session which goes on after an interruption draws what an unbroken one would have drawn.
        torch.manual_seed(session.seed + epoch)
        train_epoch(model, optimizer)
    with session.checkpoint() as folder:
        save_model(model, str(folder / "model.safetensors"))
        torch.save(optimizer.state_dict(), folder / "optimizer.pt")
    session.report(loss=loss(model))


def train_epoch(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    model.train()
    for batch in torch.randperm(len(x_train)).split(BATCH):
        seen = x_train[batch] + NOISE * torch.randn(len(batch), 64)
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(seen), y_train[batch]).backward()
        optimizer.step()


def loss(model: nn.Module) -> float:
    """The mean cross-entropy of held-out pictures."""
    model.eval()
    with torch.no_grad():
        return float(nn.functional.cross_entropy(model(x_test), y_test))
