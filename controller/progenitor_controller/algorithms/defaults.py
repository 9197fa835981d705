"""Defaults of the algorithms, spelled out in a study's effective specification when it is created.

Evidence: `benchmarks/quality_defaults.py`, 8 members, asynchronous with two workers. Mean ± its standard error
over 200 studies, greater is better:

                           quadratic     drift           switch          noisy           mixed
    these                  1.65 ± 0.03   0.656 ± 0.007   0.454 ± 0.008   0.735 ± 0.012   0.430 ± 0.012
    no selection           0.87 ± 0.02   0.240 ± 0.002   0.163 ± 0.003   0.545 ± 0.019   0.085 ± 0.007
    truncated 1 of 8       1.69 ± 0.03   0.549 ± 0.008   0.355 ± 0.008   0.752 ± 0.013   0.326 ± 0.011
    truncated 3 of 8       1.67 ± 0.03   0.697 ± 0.006   0.503 ± 0.008   0.641 ± 0.013   0.489 ± 0.011
    binary tournament      1.55 ± 0.03   0.683 ± 0.006   0.484 ± 0.008   0.555 ± 0.011   0.474 ± 0.012
    initiator, copies      1.56 ± 0.03   0.685 ± 0.006   0.487 ± 0.008   0.551 ± 0.012   0.469 ± 0.012
    factors 0.67, 1.5      1.72 ± 0.03   0.715 ± 0.006   0.482 ± 0.008   0.729 ± 0.010   0.427 ± 0.012
    factors 0.5, 2         1.63 ± 0.03   0.726 ± 0.005   0.469 ± 0.008   0.698 ± 0.009   0.404 ± 0.012
    resampled with 0       2.10 ± 0.03   0.448 ± 0.007   0.225 ± 0.006   0.647 ± 0.020   0.275 ± 0.016
    resampled with 0.1     1.84 ± 0.04   0.579 ± 0.008   0.355 ± 0.008   0.717 ± 0.015   0.404 ± 0.014
    resampled with 0.5     1.57 ± 0.03   0.691 ± 0.005   0.499 ± 0.007   0.709 ± 0.011   0.384 ± 0.010
    mutated with 0.5       1.74 ± 0.03   0.523 ± 0.009   0.307 ± 0.008   0.680 ± 0.016   0.448 ± 0.014
    every child explored   1.47 ± 0.03   0.654 ± 0.004   0.456 ± 0.005   0.438 ± 0.007   0.139 ± 0.003

The triangle wave is reached in 60 of 60 studies with these: sampled linearly, on the log scale, and from 0.0001;
with two workers, even or not, with eight, and synchronously.
"""

from progenitor_storage.model.spec import ExplorationScope, TruncationSelection

TRUNCATION_FRACTION = 0.2
"""2 of 8: fewer track a moving optimum worse, more are misled by noise."""

SELECTION = TruncationSelection(TRUNCATION_FRACTION)
"""Holds out best against noise, where comparing two at random is hardly better than no selection at all."""

OPPONENT_GENERATIONS = 1

T_TEST_SIGNIFICANCE = 0.05
T_TEST_WINDOW = 10
"""The window as published (Jaderberg et al. 2017)."""

FACTORS = (0.8, 1.2)
"""As published. 0.67 and 1.5 track a moving optimum better, on these problems at no cost."""

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
