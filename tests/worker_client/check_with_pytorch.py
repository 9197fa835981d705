"""As test_check_optimizers.py, with PyTorch itself: it needs an environment that has it, so it is run by name."""

from pathlib import Path

import pytest
from tests.worker_client.training_files import Checked, Files

from progenitor_worker.checking.findings import Result

TRAIN = """
import torch
from torch import nn

study = Study(metrics=[Minimize("loss")], population_size=2, steps_per_trial=4, max_steps=8,
              parameters={"lr": Double(1e-4, 1e-1, log=True), "momentum": Double(0.5, 0.99)})
x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0))
y = x[:, :1] * 2

def train(session, lr, momentum):
    torch.manual_seed(session.seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    if session.warm_start:
        state = torch.load(session.warm_start / "state.pt", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        for group in optimizer.param_groups:
            group.update(lr=lr, momentum=momentum)
    for _ in session.steps():
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    with session.checkpoint() as folder:
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                    "rng": torch.get_rng_state()}, folder / "state.pt")
    model.eval()
    session.report(loss=nn.functional.mse_loss(model(x), y).item())
"""
SETS = "group.update(lr=lr, momentum=momentum)"
FAILURES = {
    "the parent's hyperparameters": (SETS, "pass", "hyperparameters", "SGD has lr"),
    "one of them only": (SETS, "group.update(lr=lr)", "hyperparameters", "SGD has momentum"),
    "only the weights": (
        'model.load_state_dict(state["model"])',
        'model.load_state_dict(dict(state["model"], **{"2.running_mean": torch.zeros(8)}))',
        "restored",
        "loss was ",
    ),
    "a whole model": (
        '"model": model.state_dict(),',
        '"model": model.state_dict(), "all": model,',
        "goes_on",
        "weights_only",
    ),
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def checked(files: Files, old: str, new: str) -> Checked:
    assert old in TRAIN
    return files.check(TRAIN.replace(old, new), pieces="")


def test_a_file_that_sets_its_hyperparameters_after_loading_passes(files: Files) -> None:
    found = checked(files, SETS, SETS)
    assert {finding.result for finding in found.report.findings} == {Result.PASSED}


@pytest.mark.parametrize("failure", FAILURES)
def test_what_is_not_restored_or_not_renewed_fails(files: Files, failure: str) -> None:
    old, new, check, told = FAILURES[failure]
    found = checked(files, old, new)
    assert check in found.failed
    assert told in found[check].message


def test_a_whole_pickled_model_is_code(files: Files) -> None:
    whole = TRAIN.replace("weights_only=True", "weights_only=False").replace(
        '"model": model.state_dict(),', '"model": model.state_dict(), "all": model,'
    )
    found = files.check(whole, pieces="")
    assert found.failed == ["pickles"]
    assert "torch.nn.modules" in found["pickles"].message
