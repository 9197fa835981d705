"""Bayesian optimization: the configuration that a model of the others expects to improve most on the best one.

The model is a Gaussian process of the final fitness (`models.process`), with a Matérn covariance of the encoded
hyperparameters and a length scale for each (Snoek et al. 2012, "Practical Bayesian optimization of machine learning
algorithms"). Its hyperparameters are fitted anew for every configuration. What is tried is where the expected
improvement on the greatest mean among the known configurations is greatest: on the mean, as a fitness may be noise.
Configurations that are still being trained count as if they had come to what the model expects of them, so that those
that are trained together do not pile up ("kriging believer", Ginsbourger et al. 2010).

The first max(5, parameters + 1) configurations, but at most a quarter of all, are a Latin hypercube (McKay et al.
1979): each parameter's scale is cut into as many parts as there are configurations, and has one of them in each part.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from progenitor_storage.model.spec import (
    CategoricalDomain,
    GaussianProcessBandit,
    Parameters,
    ParameterSpec,
    Spec,
    Value,
)

from .configurations import Configuration, ended, under_way
from .history import History
from .models.acquisition import Region, best_point, expected_improvement
from .models.encoding import Array, Encoding, decoded
from .models.kernels import LogNormal, Matern
from .models.process import fitted
from .models.scaling import NORMAL_QUARTILES, balanced
from .sampling import sample_all
from .streams import Purpose, Stream

LEAST_DESIGN = 5
LEAST_KNOWN = 2
"""Configurations that have ended with a fitness. Before that the next ones are sampled."""

MOST_KNOWN = 200
"""The newest configurations that the model is fitted to, at the cost of their number's cube."""

NOISE = LogNormal(median=0.01, spread=2.0, reach=8.0)
"""Of the variance of a configuration's fitness about what its hyperparameters explain."""

ANCHORS = 4
"""How many of the best known configurations the search for the next one begins at, beside drawn ones."""

LOWEST = 2.0
"""A fitness is at most so many standard deviations below the median: how bad a bad configuration is matters little."""


def configuration(spec: Spec, algorithm: GaussianProcessBandit, history: History, member: int) -> Parameters:
    """The hyperparameters of a new member; those that its entry of the initial population gives are its own."""
    given = spec.initial_population[member].parameters if member < len(spec.initial_population) else {}
    size = design_size(spec, algorithm)
    if member < size:
        return {**latin_hypercube(spec, size, member), **given}
    known = ended(spec, history, MOST_KNOWN)
    if sum(each.fitness is not None for each in known) < LEAST_KNOWN:
        return {**sample_all(spec.parameters, Stream(spec.seed, member, 0, Purpose.SAMPLING)), **given}
    work = partial(most_promising, spec, known, under_way(spec, history), given, member)
    return history.think(("begin", member), work)


def design_size(spec: Spec, algorithm: GaussianProcessBandit) -> int:
    return min(max(LEAST_DESIGN, len(spec.parameters) + 1), max(LEAST_KNOWN, algorithm.configurations // 4))


def latin_hypercube(spec: Spec, size: int, member: int) -> Parameters:
    """The design's point of this member, which is below `size`."""
    return {
        parameter.name: _at(parameter, _share(spec.seed, place, size, member))
        for place, parameter in enumerate(spec.parameters, start=1)
    }


def most_promising(
    spec: Spec, known: Sequence[Configuration], running: Sequence[Parameters], given: Parameters, member: int
) -> Parameters:
    """`known` have ended, at least one of them with a fitness; what is `given` is not chosen."""
    encoding = Encoding(spec.parameters)
    points = encoding.encode_all([each.parameters for each in known])
    process = fitted(Matern(encoding.owners), points, targets([each.fitness for each in known]), NOISE)
    if running:
        pending = encoding.encode_all(running)
        process = process.given(pending, process.mean(pending))
        points = np.concatenate((points, pending))
    means = process.mean(points)
    best = float(means.max())

    def improvement(candidates: Array) -> Array:
        return expected_improvement(*process.mean_and_deviation(candidates), best)

    fixed = tuple(parameter.name in given for parameter in spec.parameters)
    centre = encoding.encode({**known[0].parameters, **given})
    anchors = points[np.argsort(-means, kind="stable")[:ANCHORS]]
    stream = Stream(spec.seed, member, 0, Purpose.EXPLORATION)
    found = best_point(improvement, Region(encoding, centre, fixed), anchors, stream)
    return {**encoding.decode(found), **given}


def targets(fitness: Sequence[float | None]) -> Array:
    """Of mean 0 and variance 1; all 0 if all are the same. Configurations without a fitness are as bad as the worst.

    Values far below the median are raised to `LOWEST`, those far above are left alone: they are what is looked for.
    """
    finite = [value for value in fitness if value is not None]
    values = balanced([min(finite) if value is None else value for value in fitness])
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    spread = (high - low) / NORMAL_QUARTILES or float(values.std())
    raised = np.maximum(values, middle - LOWEST * spread)
    away: Array = raised - raised.mean()
    deviation = float(away.std())
    return away / deviation if deviation > 0.0 else np.zeros_like(away)


def _share(seed: int, place: int, size: int, member: int) -> float:
    """A point of the member's part of a parameter's scale."""
    order = np.argsort(Stream(seed, 0, place, Purpose.EXPLORATION).uniforms(size), kind="stable")
    return float(order[member] + Stream(seed, member + 1, place, Purpose.EXPLORATION).uniform()) / size


def _at(parameter: ParameterSpec, share: float) -> Value:
    if isinstance(parameter.domain, CategoricalDomain):
        values = parameter.domain.values
        return values[min(int(share * len(values)), len(values) - 1)]
    return decoded(parameter.domain, np.array([share]))
