"""Grid search: member n has the n-th combination of values, of which the last parameter's change fastest.

A discrete or categorical parameter has all of its values. Any other has `points_per_parameter` of them, evenly spaced
on its scale from bound to bound, or its scale's middle if that is one point; integers are distinct, and all are
there if these are fewer.
"""

from math import exp, log

from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    GridSearch,
    IntegerDomain,
    Parameters,
    Scale,
    Spec,
    Value,
    points_of,
)


def combination(spec: Spec, algorithm: GridSearch, member: int) -> Parameters:
    """The hyperparameters of a member below `spec.places`: `member` in mixed radix, the last digit the lowest."""
    found: dict[str, Value] = {}
    for parameter in reversed(spec.parameters):
        count = points_of(parameter.domain, algorithm.points_per_parameter)
        member, place = divmod(member, count)
        found[parameter.name] = point(parameter.domain, place, count)
    return {parameter.name: found[parameter.name] for parameter in spec.parameters}


def point(domain: Domain, place: int, count: int) -> Value:
    """Of a domain's `count` points the one at `place`, 0 ≤ place < count."""
    match domain:
        case DiscreteDomain(values) | CategoricalDomain(values):
            return values[place]
        case DoubleDomain(low, high) | IntegerDomain(low, high) if count > 1 and place in {0, count - 1}:
            return high if place else low
        case IntegerDomain(low, high):
            # Each leaves room for those below and above it.
            return min(max(_whole(domain, place, count), low + place), high - (count - 1 - place))
        case DoubleDomain(low, high):
            return min(max(_between(domain, _share(place, count)), low), high)


def _whole(domain: IntegerDomain, place: int, count: int) -> int:
    if domain.scale is Scale.LOG:
        return round(_between(domain, _share(place, count)))
    # In integers: beyond 2^53 a float would leave the domain.
    width, steps = domain.max - domain.min, count - 1
    return domain.min + ((2 * place * width + steps) // (2 * steps) if steps else width // 2)


def _between(domain: DoubleDomain | IntegerDomain, share: float) -> float:
    low, high = domain.min, domain.max
    if domain.scale is Scale.LOG:
        return exp(log(low) * (1.0 - share) + log(high) * share)
    return low * (1.0 - share) + high * share


def _share(place: int, count: int) -> float:
    return place / (count - 1) if count > 1 else 0.5
