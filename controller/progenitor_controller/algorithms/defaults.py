"""Defaults of the algorithms, spelled out in a study's effective specification when it is created.

Evidence: `benchmarks/quality_defaults.py`, asynchronous with two workers, 8 members. Mean ± its standard
error over 300 studies (100 where marked *), greater is better; the selections with their best exploration
scope:

                               quadratic      drift         switch        noisy         mixed
    these                      1.60 ± 0.03    0.590 ± 0.006 0.429 ± 0.006 0.677 ± 0.010 0.417 ± 0.010
    truncated 1 of 8           1.61 ± 0.02    0.556 ± 0.006 0.347 ± 0.006 0.734 ± 0.010 0.366 ± 0.010
    truncated 3 of 8           1.56 ± 0.03    0.612 ± 0.005 0.454 ± 0.006 0.544 ± 0.010 0.376 ± 0.009
    initiator selection        1.59 ± 0.03    0.682 ± 0.005 0.487 ± 0.006 0.543 ± 0.010 0.468 ± 0.010
    binary tournament *        1.38 ± 0.05    0.576 ± 0.009 0.405 ± 0.009 0.454 ± 0.017 0.275 ± 0.013
    factors 0.67, 1.5          1.61 ± 0.03    0.635 ± 0.005 0.459 ± 0.006 0.649 ± 0.009 0.421 ± 0.010
    factors 0.5, 2             1.53 ± 0.03    0.654 ± 0.004 0.461 ± 0.006 0.615 ± 0.008 0.388 ± 0.009
    resampled with 0 *         2.04 ± 0.04    0.401 ± 0.012 0.201 ± 0.007 0.632 ± 0.026 0.243 ± 0.018
    resampled with 0.1 *       1.64 ± 0.05    0.506 ± 0.012 0.304 ± 0.010 0.634 ± 0.024 0.369 ± 0.016
    resampled with 0.5 *       1.41 ± 0.04    0.653 ± 0.007 0.475 ± 0.010 0.632 ± 0.016 0.378 ± 0.016
    mutated with 0.5 *         1.65 ± 0.05    0.473 ± 0.012 0.294 ± 0.011 0.647 ± 0.023 0.358 ± 0.014
    every child explored *     1.45 ± 0.04    0.604 ± 0.008 0.421 ± 0.008 0.418 ± 0.010 0.132 ± 0.004
    without selection *        0.89 ± 0.03    0.244 ± 0.003 0.170 ± 0.004 0.567 ± 0.026 0.090 ± 0.011

The triangle wave is reached in 60 of 60 studies with these, sampled linearly, on the log scale, or from
0.0001.
"""

from progenitor_storage.model.spec import ExplorationScope, TruncationSelection

TRUNCATION_FRACTION = 0.2
"""2 of 8: fewer tracks a moving optimum worse, more is misled by noise."""

SELECTION = TruncationSelection(TRUNCATION_FRACTION)
"""The only one that noise does not bring below no selection at all."""

OPPONENT_GENERATIONS = 1

FACTORS = (0.8, 1.2)
"""As published; wider ones gain where the optimum moves about what they lose where scores are noisy."""

RESAMPLE_PROBABILITY = 0.25
"""As published: a category that has become wrong is found again. A standing optimum is finer without."""

MUTATION_PROBABILITY = 1.0
COPYING_SCOPE = ExplorationScope.COPIES_ONLY
MEDIAN_MIN_TRIALS = 5
