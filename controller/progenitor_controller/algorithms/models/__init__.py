"""Models that decisions learn from: Gaussian processes over mixed hyperparameters."""
