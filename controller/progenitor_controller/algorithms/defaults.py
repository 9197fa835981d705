"""Defaults of the algorithms, spelled out in a study's effective specification when it is created."""

from progenitor_storage.model.spec import ExplorationScope, TruncationSelection

SELECTION = TruncationSelection(0.2)
TRUNCATION_FRACTION = 0.2
OPPONENT_GENERATIONS = 1
FACTORS = (0.8, 1.2)
RESAMPLE_PROBABILITY = 0.25
MUTATION_PROBABILITY = 1.0
COPYING_SCOPE = ExplorationScope.COPIES_ONLY
MEDIAN_MIN_TRIALS = 5
