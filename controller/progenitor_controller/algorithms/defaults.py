"""Defaults of the algorithms, spelled out in a study's effective specification when it is created.

What they were chosen by, and what else was tried, stands in docs/algorithms.md ("What is the default, and why");
`benchmarks/quality_defaults.py` measures it again.
"""

from progenitor_storage.model.spec import ExplorationScope, TruncationSelection

TRUNCATION_FRACTION = 0.2
"""2 of 8: fewer track a moving optimum worse, more are misled by noise."""

SELECTION = TruncationSelection(TRUNCATION_FRACTION, spare_improving=True)
"""Where no selection is named. Truncation holds out best against noise, where comparing two at random is hardly better
than no selection at all; sparing who is catching up costs a little where greed wins, and saves much where it loses."""

OPPONENT_GENERATIONS = 1

T_TEST_SIGNIFICANCE = 0.05
T_TEST_WINDOW = 10
"""The window as published (Jaderberg et al. 2017)."""

MEMBERS_PER_CONTROL = 8
"""Where no selection is named, one member in so many is never replaced: an insurance against greed."""

SIGMA = 0.06
"""Normal steps on the domain's scale. Steps by factors are as small on a scale of five decades as on one of two; larger
and smaller ones than this track a moving optimum or settle on a standing one a little better, and the other worse."""
FACTORS = (0.8, 1.2)
"""As published; what a mutation by factors has that names none."""

RESAMPLE_PROBABILITY = 0.25
"""As published: only resampling finds a category again. A finely tuned standing optimum is better off without."""

RESAMPLE_PROBABILITY_OF_EVERY_CHILD = 0.05
"""Where every child is explored 0.25 throws away in each generation what has been found: with it initiator selection
came to 0.44 (noisy) and 0.14 (mixed), with 0.03 to 0.1 to 0.25 to 0.29 (mixed)."""

MUTATION_PROBABILITY = 1.0
COPYING_SCOPE = ExplorationScope.COPIES_ONLY

GAUSSIAN_PROCESS_HISTORY = 200
"""Observations: what a model may take on one core grows with their cube."""

REDUCTION_FACTOR = 3
"""As published: 3 or 4, near the bounds' best value e (Li et al. 2018)."""

MEDIAN_MIN_TRIALS = 5
CURVE_MIN_TRIALS = 5
CURVE_PROBABILITY = 0.01
"""A trial is looked at many times, and curves that rise late are seldom seen to their end. Of searches whose fast
starters end low (`tests/algorithms/test_performance_curve_stopping.py`) 0.05 lost the best in 14 of 25, 0.01 in 3, the
median rule in 2; where curves keep their order it saves 0.60 of the steps instead of 0.63.
"""
