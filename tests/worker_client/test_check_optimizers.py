"""Whether new hyperparameters reach the optimizer: scikit-learn's, and stand-ins for those of other libraries."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.worker_client.training_files import Files

from progenitor import Double
from progenitor_worker.checking.contrast import Contrast, contrast_of
from progenitor_worker.checking.findings import Result
from progenitor_worker.checking.hyperparameters import check_hyperparameters
from progenitor_worker.checking.optimizers import Optimizer

ADVICE = "{setting} = {name}"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


ESTIMATOR = """
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
x = np.random.default_rng(0).normal(size=(40, 3))
y = (x[:, 0] > 0).astype(int)

def train(session, lr):
    model = made(session, lr)
    for _ in session.steps():
        model.partial_fit(x, y, classes=[0, 1])
    with session.checkpoint() as folder:
        (folder / "model.pkl").write_bytes(pickle.dumps(model))
    session.report(loss=1 - model.score(x, y))

def old(session):
    return pickle.loads((session.warm_start / "model.pkl").read_bytes())
"""
MADE = {
    "set_params is forgotten": (
        """
def made(session, lr):
    return old(session) if session.warm_start else SGDClassifier(learning_rate="constant", eta0=lr)
""",
        Result.FAILED,
    ),
    "set_params": (
        """
def made(session, lr):
    model = old(session) if session.warm_start else SGDClassifier(learning_rate="constant")
    return model.set_params(eta0=lr)
""",
        Result.PASSED,
    ),
    "a new one with the old weights": (
        """
def made(session, lr):
    model = SGDClassifier(learning_rate="constant", eta0=lr)
    if session.warm_start:
        parent = old(session)
        model.coef_, model.intercept_ = parent.coef_, parent.intercept_
        model.kept = parent
    return model
""",
        Result.UNSEEN,
    ),
    "a network's optimizer is kept": (
        """
def made(session, lr):
    model = old(session) if session.warm_start else MLPClassifier((3,))
    return model.set_params(learning_rate_init=lr)
""",
        Result.FAILED,
    ),
    "another use of the parameter": (
        """
def made(session, lr):
    return old(session) if session.warm_start else SGDClassifier(alpha=lr / 7)
""",
        Result.UNSEEN,
    ),
}


@pytest.mark.parametrize("made", MADE)
def test_an_estimator_must_have_the_new_hyperparameters(files: Files, made: str) -> None:
    source, expected = MADE[made]
    finding = files.check(source, pieces=ESTIMATOR)["hyperparameters"]
    assert finding.result is expected, finding
    if expected is Result.FAILED:
        assert "its parent's, and not its own lr" in finding.message
        assert "=lr" in finding.advice


TORCH = """
class Optimizer:
    def __init__(self, groups, lr, betas=(0.9, 0.999)):
        self.param_groups = [{"params": group, "lr": lr, "betas": betas, "initial_lr": lr} for group in groups]
    def state_dict(self):
        return [{**group, "params": None} for group in self.param_groups]
    def load_state_dict(self, state):
        for group, saved in zip(self.param_groups, state):
            group.update(saved, params=group["params"])

class Adam(Optimizer):
    pass
"""
TORCH_TRAIN = """
import torch.optim

def train(session, lr):
    optimizer = torch.optim.Adam([[1.0], [2.0]], lr=lr)
    step = 0
    if session.warm_start:
        saved = json.loads((session.warm_start / "state.json").read_text())
        optimizer.load_state_dict(saved["optimizer"])
        step = saved["step"]
        after_loading(optimizer, lr)
    for step in session.steps():
        pass
    with session.checkpoint() as folder:
        (folder / "state.json").write_text(json.dumps({"step": step, "optimizer": optimizer.state_dict()}))
    session.report(loss=step)
"""
AFTER_LOADING = {
    "nothing is set": ("pass", Result.FAILED),
    "all groups are set": ("for group in optimizer.param_groups: group['lr'] = lr", Result.PASSED),
    "only one group is set": ("optimizer.param_groups[0]['lr'] = lr", Result.FAILED),
    "a schedule is on top": ("for group in optimizer.param_groups: group['lr'] = lr / 10", Result.UNSEEN),
}


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which modules stand in for libraries that are not installed here."""
    folder = tmp_path / "stand_in"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("torch", "keras"):
            del sys.modules[name]


def library(folder: Path, name: str, source: str) -> None:
    top, module = name.split(".")
    (folder / top).mkdir()
    (folder / top / "__init__.py").touch()
    (folder / top / f"{module}.py").write_text(source)


@pytest.mark.parametrize("after", AFTER_LOADING)
def test_a_loaded_optimizer_state_must_not_bring_the_parents_back(
    files: Files, stand_in: Path, after: str
) -> None:
    library(stand_in, "torch.optim", TORCH)
    body, expected = AFTER_LOADING[after]
    finding = files.check(TORCH_TRAIN + f"\ndef after_loading(optimizer, lr):\n    {body}\n")[
        "hyperparameters"
    ]
    assert finding.result is expected, finding
    if expected is Result.FAILED:
        assert "Adam has lr 0.005442" in finding.message
        assert 'group["lr"] = lr' in finding.advice


KERAS = """
class Optimizer:
    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
    def get_config(self):
        return {"name": "SGD", "learning_rate": self.learning_rate, "nesterov": False, "clipnorm": None}
"""
KERAS_TRAIN = """
import keras.optimizers

def train(session, lr):
    if session.warm_start:
        lr = float((session.warm_start / "lr.txt").read_text())
    optimizer = keras.optimizers.Optimizer(learning_rate=lr)
    session.report(loss=1.0)
    session.advance(2)
    with session.checkpoint() as folder:
        (folder / "lr.txt").write_text(str(optimizer.learning_rate))
    session.report(loss=0.5)
"""


def test_a_loaded_model_of_keras_must_not_bring_the_parents_back(files: Files, stand_in: Path) -> None:
    library(stand_in, "keras.optimizers", KERAS)
    finding = files.check(KERAS_TRAIN)["hyperparameters"]
    assert finding.result is Result.FAILED
    assert "model.optimizer.learning_rate = lr" in finding.advice


def test_what_another_session_left_alive_is_not_looked_at(files: Files, stand_in: Path) -> None:
    library(stand_in, "torch.optim", TORCH)
    body = "for group in optimizer.param_groups: group['lr'] = lr\n    KEPT.append(optimizer)"
    train = TORCH_TRAIN.replace("    step = 0\n", "    step = 0\n    KEPT.append(optimizer)\n", 1)
    found = files.check(f"KEPT = []\n{train}\ndef after_loading(optimizer, lr):\n    {body}\n")
    assert found["hyperparameters"].result is Result.PASSED


def told(first: dict[str, float], second: dict[str, float], *optimizers: dict[str, float]) -> Result:
    seen = tuple(Optimizer("Adam", (groups,), ADVICE) for groups in optimizers)
    return check_hyperparameters(Contrast(first, second), seen).result


NAMED = [
    ("lr", "lr"),
    ("learning_rate", "lr"),
    ("actor_lr", "lr"),
    ("lr", "eta0"),
    ("weight_decay", "alpha"),
    ("adam_beta1", "beta1"),
    ("l1_ratio", "l1_ratio"),
]


@pytest.mark.parametrize(("parameter", "setting"), NAMED)
def test_a_hyperparameter_is_known_by_what_libraries_call_it(parameter: str, setting: str) -> None:
    first, second = {parameter: 0.25}, {parameter: 0.5}
    assert told(first, second, {setting: 0.25}) is Result.FAILED
    assert told(first, second, {setting: 0.5}) is Result.PASSED
    assert told(first, second, {setting: 0.1}) is Result.UNSEEN
    assert told(first, second, {"other": 0.25}) is Result.UNSEEN


def test_of_two_learning_rates_each_counts() -> None:
    first, second = {"lr_a": 0.1, "lr_b": 0.3}, {"lr_a": 0.2, "lr_b": 0.6}
    assert told(first, second, {"lr": 0.2}, {"lr": 0.6}) is Result.PASSED
    assert told(first, second, {"lr": 0.2}, {"lr": 0.3}) is Result.FAILED
    assert told(first, second, {"lr": 0.1}, {"lr": 0.6}) is Result.FAILED


def test_two_hyperparameters_of_one_domain_are_told_apart() -> None:
    contrast = contrast_of({"lr_a": Double(1e-3, 1e-1, log=True), "lr_b": Double(1e-3, 1e-1, log=True)})
    assert len({*contrast.first.values(), *contrast.second.values()}) == 4


def test_what_does_not_change_is_not_judged() -> None:
    assert told({"lr": 0.1}, {"lr": 0.1}, {"lr": 0.1}) is Result.UNSEEN
