"""Tests for plug-ins: a class of laws for each kind, which their authors subclass in a test of their own.

    from progenitor_controller.conformance import SelectionLaws

    class TestTournament(SelectionLaws):
        name = "tournament"           # as installed: the entry point is tested too
        options = {"size": 3}

Run by pytest; needs hypothesis, which draws the questions.
"""

from .laws import AlgorithmLaws, ExplorationLaws, SelectionLaws, StoppingLaws

__all__ = ["AlgorithmLaws", "ExplorationLaws", "SelectionLaws", "StoppingLaws"]
