"""Training files as users write them, checked in this process."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path

from progenitor_worker.checking.check import CheckOptions, check
from progenitor_worker.checking.findings import CheckReport, Finding, Result

HEAD = """
import json, math, pickle, random
from pathlib import Path
import numpy as np
from progenitor import Categorical, Discrete, Double, Integer, Maximize, Minimize, Study
study = Study(metrics=[Minimize("loss")], population_size=2, steps_per_trial=4, max_steps=8,
              parameters={"lr": Double(1e-3, 1e-1, log=True)})
"""
LINE = """
def loss(w):
    return float(((w - np.array([3.0, -1.0])) ** 2).sum())

def fresh(seed):
    return np.random.default_rng(seed).normal(size=2)

def load(session):
    return np.load(session.warm_start / "w.npy") if session.warm_start else fresh(session.seed)

def save(session, w):
    with session.checkpoint() as folder:
        np.save(folder / "w.npy", w)

def descend(session, w, lr):
    for _ in session.steps():
        w = w - lr * 2 * (w - np.array([3.0, -1.0]))
    return w
"""
"""Gradient descent to a point, in pieces that a train is made of."""


@dataclass(frozen=True, slots=True)
class Checked:
    report: CheckReport

    @property
    def failed(self) -> list[str]:
        return [f.check for f in self.report.findings if f.result is Result.FAILED]

    @property
    def unseen(self) -> list[str]:
        return [f.check for f in self.report.findings if f.result is Result.UNSEEN]

    def __getitem__(self, name: str) -> Finding:
        (finding,) = [f for f in self.report.findings if f.check == name]
        return finding


class Files:
    """Each file gets a name of its own: its module stays loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def check(self, body: str, *, pieces: str = LINE, head: str = HEAD, **options: object) -> Checked:
        self._count += 1
        source = self.folder / f"file_{self.folder.name}_{self._count}.py"
        source.write_text(head + pieces + textwrap.dedent(body))
        store = self.folder / f"store-{self._count}"
        given = replace(CheckOptions(source, store), **options)  # type: ignore[arg-type]  # any of its fields
        before = list(sys.path), set(sys.modules)
        try:
            return Checked(check(given))
        finally:
            sys.path[:] = before[0]
            for name in set(sys.modules) - before[1]:
                if getattr(sys.modules[name], "__file__", "") == str(source):
                    del sys.modules[name]
