"""pytest laws_of_tournament.py, once the plug-in is installed."""

from progenitor_controller.conformance import SelectionLaws


class TestTournament(SelectionLaws):
    name = "tournament"
    options = {"size": 3}
