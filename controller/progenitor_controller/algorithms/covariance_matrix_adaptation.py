"""CMA-ES: configurations are drawn from a distribution that moves to where the fitter ones were.

The distribution and its updates are those of CatCMA with margin (Hamano et al. 2025, "CatCMA with margin:
stochastic optimization for continuous, integer, and categorical variables", arXiv 2504.07884) in the `cmaes`
package: a normal distribution for numbers, after Hansen 2016, "The CMA evolution strategy: a tutorial" (arXiv
1604.00772), whose margin keeps every integer's neighbours likely, and one of their own for categories. It begins in
the middle of the numbers' scales with a standard deviation of a quarter of their widths.

Nothing is kept between two draws. The distribution is made anew from the configurations that have ended: each λ of
them, in the order in which they ended, are a generation, told by their ranks, so that no scale and no outlier of the
fitness matters. A member is drawn from the newest generation's distribution with a seed of its own, and waits for no
generation to be full; so a generation may hold draws from older distributions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, log
from typing import Any

import numpy as np

from progenitor_storage.model.spec import (
    CategoricalDomain,
    CovarianceMatrixAdaptation,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    Parameters,
    ParameterSpec,
    Spec,
    Value,
)

from .configurations import Configuration, ended
from .history import History
from .models.encoding import Array, Encoding, decoded
from .streams import Purpose, Stream

DEVIATION = 0.25
"""Of the width of a number's scale. From 0.15 to 0.3 it makes little difference."""

MOST_LISTED = 1000
"""Integers of a larger domain are drawn as real numbers are, and rounded."""

MOST_DRAWS = 100
"""How often a configuration is drawn again that lies outside of its domains. The last one is moved to the bounds."""


MOST_GENERATIONS = 100
"""Generations are larger where there would be more: by then a small one has converged, to a local optimum maybe."""


def configuration(
    spec: Spec, algorithm: CovarianceMatrixAdaptation, history: History, member: int
) -> Parameters:
    """The hyperparameters of a new member. Raises ModuleNotFoundError without the package `cmaes`."""
    least = algorithm.configurations // MOST_GENERATIONS
    work = partial(drawn, spec.seed, spec.parameters, ended(spec, history), member, least)
    return history.think(("begin", member), work)


def drawn(
    seed: int,
    parameters: Sequence[ParameterSpec],
    done: Sequence[Configuration],
    member: int,
    least_size: int = 0,
) -> Parameters:
    """`done` are the configurations that have ended, in that order; generations have at least `least_size`."""
    from cmaes import CatCMAwM  # noqa: PLC0415  an extra, which only this algorithm needs

    space = space_of(parameters)
    if not (space.continuous or space.listed or space.categories):
        return space.values(None, None, None)
    size = max(space.generation, least_size)
    optimizer = CatCMAwM(**space.of_the_optimizer(), population_size=size)
    for first in range(0, len(done) - size + 1, size):
        ranked = sorted(done[first : first + size], key=_unfitness)
        points = space.points([each.parameters for each in ranked])
        optimizer.tell([(CatCMAwM.Solution(*point), float(rank)) for rank, point in enumerate(points)])
    optimizer.reseed_rng(Stream(seed, member, 0, Purpose.EXPLORATION).below(2**32))
    for _ in range(MOST_DRAWS):
        found = optimizer.ask()
        if found.x is None or ((found.x > 0.0) & (found.x < 1.0)).all():
            break
    return space.values(found.x, found.z, found.c)


@dataclass(frozen=True, slots=True)
class Space:
    """The parameters' indices by how they are drawn. `places` has where each of a parameter's values lies.

    Parameters of two values are drawn as categories are, which the package's authors recommend.
    """

    parameters: tuple[ParameterSpec, ...]
    continuous: tuple[int, ...]
    listed: tuple[int, ...]
    categories: tuple[int, ...]
    places: dict[int, Array]

    @property
    def generation(self) -> int:
        """λ = 4 + ⌊3 ln d⌋ (Hansen 2016, equation 48)."""
        return 4 + int(3 * log(len(self.continuous) + len(self.listed) + len(self.categories)))

    def of_the_optimizer(self) -> dict[str, Any]:
        """In its words: each number in the unit interval of its scale."""
        lists = [self.places[i].tolist() for i in self.listed]
        # A narrow list would be left at its middle without half a step.
        widths = [DEVIATION] * len(self.continuous)
        widths += [max(DEVIATION, (values[1] - values[0]) / 2) for values in lists]
        numbers = {"mean": np.full(len(widths), 0.5), "cov": np.diag(np.square(widths)), "sigma": 1.0}
        return {
            "x_space": [[0.0, 1.0]] * len(self.continuous) or None,
            "z_space": lists or None,
            "c_space": [len(values_of(self.parameters[i].domain)) for i in self.categories] or None,
            **(numbers if widths else {}),
        }

    def points(
        self, configurations: Sequence[Parameters]
    ) -> Iterator[tuple[Array | None, Array | None, Array | None, Array | None]]:
        """Of each its continuous, listed and categorical coordinates, and the first two together."""
        encoding = Encoding(self.parameters)
        first = [own.start for own in encoding.columns]
        numbers = encoding.encode_all(configurations)[:, [first[i] for i in (*self.continuous, *self.listed)]]
        most = max((len(values_of(self.parameters[i].domain)) for i in self.categories), default=0)
        count = len(self.continuous)
        for values, place in zip(configurations, numbers, strict=True):
            chosen = np.zeros((len(self.categories), most), dtype=bool)
            for row, i in enumerate(self.categories):
                parameter = self.parameters[i]
                chosen[row, values_of(parameter.domain).index(values[parameter.name])] = True
            yield (
                place[:count] if count else None,
                place[count:] if self.listed else None,
                chosen if self.categories else None,
                place if len(place) else None,
            )

    def values(self, continuous: Array | None, listed: Array | None, chosen: Array | None) -> Parameters:
        """What such coordinates stand for. A parameter without a coordinate has its one value."""
        found: dict[int, Value] = {}
        for i, place in zip(self.continuous, () if continuous is None else continuous, strict=True):
            found[i] = decoded(self.parameters[i].domain, np.array([place]))
        for i, place in zip(self.listed, () if listed is None else listed, strict=True):
            nearest = int(np.abs(self.places[i] - place).argmin())
            found[i] = values_of(self.parameters[i].domain)[nearest]
        for i, row in zip(self.categories, () if chosen is None else chosen, strict=True):
            found[i] = values_of(self.parameters[i].domain)[int(row.argmax())]
        return {
            parameter.name: found[i] if i in found else values_of(parameter.domain)[0]
            for i, parameter in enumerate(self.parameters)
        }


def space_of(parameters: Sequence[ParameterSpec]) -> Space:
    continuous: list[int] = []
    categories: list[int] = []
    places: dict[int, Array] = {}
    for i, parameter in enumerate(parameters):
        count = count_of(parameter.domain)
        if count > MOST_LISTED:
            continuous.append(i)
        elif count == 2 or (count > 2 and isinstance(parameter.domain, CategoricalDomain)):
            categories.append(i)
        elif count > 2:
            values = [{parameter.name: value} for value in values_of(parameter.domain)]
            lying = Encoding((parameter,)).encode_all(values)[:, 0]
            if (np.diff(lying) > 0.0).all():
                places[i] = lying
            else:  # on a log scale far from 0 neighbours fall together
                continuous.append(i)
    return Space(tuple(parameters), tuple(continuous), tuple(places), tuple(categories), places)


def count_of(domain: Domain) -> float:
    """How many values a domain has."""
    match domain:
        case DiscreteDomain(values) | CategoricalDomain(values):
            return len(values)
        case IntegerDomain(low, high):
            return high - low + 1
        case DoubleDomain(low, high):
            return inf if low < high else 1


def values_of(domain: Domain) -> tuple[Value, ...]:
    """All values of a domain that has few; of real numbers the lower bound."""
    match domain:
        case DiscreteDomain(values) | CategoricalDomain(values):
            return values
        case IntegerDomain(low, high):
            return tuple(range(low, high + 1))
        case DoubleDomain(low):
            return (low,)


def _unfitness(configuration: Configuration) -> float:
    return inf if configuration.fitness is None else -configuration.fitness
