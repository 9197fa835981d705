"""The models that decisions learn from: encoding, covariances, the fit, what is suggested."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, inf, isclose, pi, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal, norm

from progenitor_controller.algorithms.models.acquisition import (
    Region,
    best_point,
    expected_improvement,
    upper_confidence_bound,
)
from progenitor_controller.algorithms.models.encoding import HOT, Array, Encoding
from progenitor_controller.algorithms.models.kernels import Kernel, Matern, log_of
from progenitor_controller.algorithms.models.process import cholesky, conditioned, fitted, inverse
from progenitor_controller.algorithms.models.scaling import FARTHEST, balanced, standardised
from progenitor_controller.algorithms.models.time_varying import TimeVarying
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    CategoricalDomain,
    DiscreteDomain,
    Domain,
    DoubleDomain,
    IntegerDomain,
    ParameterSpec,
    Scale,
)

from .populations import PARAMETERS, all_inside, domains, values_of

ENCODING = Encoding(PARAMETERS)
KERNELS: tuple[Kernel, ...] = (Matern(np.array([0, 1, 1, 2])), TimeVarying(np.array([0, 0])))


def stream(generation: int = 0) -> Stream:
    return Stream(5, 0, generation, Purpose.EXPLORATION)


def encoding_of(*chosen: Domain) -> Encoding:
    return Encoding(tuple(ParameterSpec(f"p{place}", domain) for place, domain in enumerate(chosen)))


# Draws.


@given(st.integers(0, 2**63), st.integers(1, 50))
def test_drawing_at_once_is_drawing_one_by_one(seed: int, count: int) -> None:
    one, many, normal = (Stream(seed, 1, 2, Purpose.EXPLORATION) for _ in range(3))
    singly = [one.uniform() for _ in range(count)]
    assert many.uniforms(count).tolist() == singly
    assert many.uniform() == one.uniform()
    assert np.allclose(normal.normals(count), norm.ppf(singly))


# The unit cube.


@given(st.data())
def test_a_value_is_the_value_of_its_place(data: st.DataObject) -> None:
    domain = data.draw(domains())
    value = data.draw(values_of(domain))
    encoding = encoding_of(domain)
    point = encoding.encode({"p0": value})
    assert ((point >= 0) & (point <= 1)).all()
    back = encoding.decode(point)["p0"]
    match domain:
        case DoubleDomain(low, high, scale):
            slack = 1e-9 * (high / 2 - low / 2) if scale is Scale.LINEAR else 1e-9 * abs(float(value))
            assert abs(float(back) / 2 - float(value) / 2) <= max(slack, 5e-324)
        case IntegerDomain(low, high, scale) if high - low > 2**40 or (scale is Scale.LOG and high > 2**40):
            # Far from 0 neighbours have the same logarithm.
            assert isclose(float(back), float(value), rel_tol=1e-9, abs_tol=1e-9 * (high - low))
        case _:
            assert back == value


@given(st.data())
def test_every_point_is_a_value_and_snapping_moves_it_there(data: st.DataObject) -> None:
    encoding = encoding_of(*data.draw(st.lists(domains(), min_size=1, max_size=3)))
    numbers = st.floats(-1e3, 1e3) | st.floats(0.0, 1.0)
    points = data.draw(arrays.arrays(float, (4, encoding.width), elements=numbers))
    snapped = encoding.snapped(points)
    assert ((snapped >= 0) & (snapped <= 1)).all()
    for point, there in zip(points, snapped, strict=True):
        values = encoding.decode(point)
        assert all_inside(encoding.parameters, values)
        again = encoding.decode(there)
        for parameter in encoding.parameters:
            if isinstance(parameter.domain, CategoricalDomain | DiscreteDomain):
                assert again[parameter.name] == values[parameter.name]
    assert np.allclose(encoding.snapped(snapped), snapped, atol=1e-9)


def test_categories_are_equally_far_apart_and_numbers_lie_on_their_scale() -> None:
    encoding = encoding_of(CategoricalDomain(("a", "b", "c")), DoubleDomain(1e-4, 1.0, Scale.LOG))
    points = encoding.encode_all([{"p0": name, "p1": 1e-2} for name in "abc"])
    assert [float(((a - b) ** 2).sum()) for a, b in pairwise(points)] == pytest.approx([1.0, 1.0])
    assert points.max(axis=0).tolist() == pytest.approx([HOT, HOT, HOT, 0.5])


def test_uniform_points_give_every_integer_the_same_mass() -> None:
    encoding = encoding_of(IntegerDomain(3, 6))
    values = [encoding.decode(point)["p0"] for point in stream().uniforms(4000).reshape(-1, 1)]
    assert all(900 < values.count(number) < 1100 for number in (3, 4, 5, 6))


# Scales.


@given(st.lists(st.floats(-1e308, 1e308) | st.sampled_from((0.0, 1.0)), max_size=12))
def test_standardised_values_are_finite_bounded_and_in_order(values: list[float]) -> None:
    scaled = standardised(balanced(values))
    assert len(scaled) == len(values)
    assert (np.abs(scaled) <= FARTHEST).all()
    for place, value in enumerate(values):
        assert all(scaled[place] <= scaled[other] for other in range(len(values)) if value <= values[other])


def test_standardising_takes_away_shift_and_scale() -> None:
    values = np.array([3.0, -1.0, 4.0, 1.0, 5.0, -900.0])
    assert np.allclose(standardised(values), standardised(7.0 * values - 11.0))
    assert standardised(np.full(4, 2.0)).tolist() == [0.0] * 4


# Covariances.


@pytest.mark.parametrize("kernel", KERNELS)
@given(data=st.data())
def test_a_kernels_slopes_are_those_of_its_values(kernel: Kernel, data: st.DataObject) -> None:
    inputs = data.draw(arrays.arrays(float, (5, 4), elements=st.floats(0, 1), unique=True))
    weights = data.draw(arrays.arrays(float, (5, 5), elements=st.floats(-1, 1)))
    weights += weights.T
    theta = log_of(kernel.priors)

    def weighted(at: Array) -> float:
        return float(np.vdot(weights, kernel.among(at, inputs)[0]))

    slopes = kernel.among(theta, inputs)[1](weights)
    assert slopes == pytest.approx(approx_fprime(theta, weighted, 1e-6), abs=1e-4)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_among_points_is_the_kernel_between_them(kernel: Kernel) -> None:
    inputs = stream().uniforms(24).reshape(6, 4)
    theta = log_of(kernel.priors) + 0.3
    assert np.allclose(kernel.among(theta, inputs)[0], kernel.between(theta, inputs, inputs))
    assert np.allclose(np.diag(kernel.between(theta, inputs, inputs)), kernel.variance(theta))


def test_the_covariance_of_two_gains_is_that_of_its_equation() -> None:
    theta = 0.5 * stream().normals(8)
    a2, *trend_lengths, b2, tau = np.exp(theta[:5])
    lengths = np.exp(theta[[5, 6, 7, 7]])  # of the fitness, of a number, and of two columns of a category
    one, other = stream(1).uniforms(10).reshape(2, 5)
    apart = np.abs(one - other)

    def shape(scaled: Array) -> float:
        r = 5**0.5 * float(np.linalg.norm(scaled))
        return (1 + r + r**2 / 3) * exp(-r)

    trend = a2 * shape(apart[:2] / trend_lengths)
    expected = trend + b2 * shape(apart[1:] / lengths) * exp(-apart[0] / tau)
    kernel = TimeVarying(np.array([0, 1, 1]))
    assert kernel.between(theta, one[None], other[None])[0, 0] == pytest.approx(expected)


def test_what_was_long_ago_counts_less() -> None:
    kernel = TimeVarying(np.array([0]))
    theta = log_of(kernel.priors)
    points = np.array([[0.0, 0.5, 0.5], [0.5, 0.5, 0.5], [1.0, 0.5, 0.5]])
    near, far = kernel.between(theta, points[2:], points)[0, [1, 0]]
    assert kernel.variance(theta) > near > far > 0.0


# The process.


def test_the_fit_finds_the_likeliest_parameters_at_least_as_well_as_the_prior_median() -> None:
    inputs = stream().uniforms(120).reshape(40, 3)
    targets = standardised(np.sin(8 * inputs[:, 0]) + 0.05 * stream(1).normals(40))
    kernel = Matern(np.arange(3))
    process = fitted(kernel, inputs, targets)

    def likelihood(theta: Array, noise: float) -> float:
        covariance = kernel.among(theta, inputs)[0] + noise * np.eye(40)
        return float(multivariate_normal.logpdf(targets, np.zeros(40), covariance))

    assert likelihood(process.theta, process.noise) > likelihood(log_of(kernel.priors), 0.1) + 10.0
    used, *unused = np.exp(process.theta[1:])
    assert all(length > 3 * used for length in unused)


def test_a_process_predicts_what_it_was_given_and_knows_where_it_was_not() -> None:
    inputs = np.linspace(0.0, 0.5, 12)[:, None]
    process = fitted(Matern(np.array([0])), inputs, np.sin(6 * inputs[:, 0]))
    mean, deviation = process.mean_and_deviation(np.array([[0.25], [1.0]]))
    assert mean[0] == pytest.approx(sin(1.5), abs=0.05)
    assert deviation[1] > 5 * deviation[0]
    assert process.mean(inputs) == pytest.approx(np.sin(6 * inputs[:, 0]), abs=0.1)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 30), st.sampled_from((0.0, 1e-9, 1.0)))
def test_duplicates_and_constants_are_no_obstacle(count: int, spread: float) -> None:
    inputs = np.full((count, 2), 0.5)
    targets = standardised(spread * stream().normals(count))
    process = fitted(Matern(np.arange(2)), inputs, targets)
    mean, deviation = process.mean_and_deviation(np.array([[0.5, 0.5], [0.0, 1.0]]))
    assert np.isfinite(mean).all()
    assert np.isfinite(deviation).all()
    assert deviation[0] <= deviation[1] + 1e-9


def test_a_process_that_was_given_nothing_is_its_prior() -> None:
    kernel = Matern(np.array([0]))
    process = conditioned(kernel, log_of(kernel.priors), 0.1, np.zeros((0, 1)), np.zeros(0))
    mean, deviation = process.mean_and_deviation(np.array([[0.3]]))
    assert (mean.tolist(), deviation.tolist()) == ([0.0], [1.0])


def test_more_values_given_are_as_if_given_at_once() -> None:
    kernel = Matern(np.array([0]))
    inputs, targets = stream().uniforms(8)[:, None], stream(1).normals(8)
    whole = conditioned(kernel, log_of(kernel.priors), 0.1, inputs, targets)
    parts = conditioned(kernel, log_of(kernel.priors), 0.1, inputs[:5], targets[:5]).given(
        inputs[5:], targets[5:]
    )
    at = np.linspace(0, 1, 7)[:, None]
    for one, other in zip(whole.mean_and_deviation(at), parts.mean_and_deviation(at), strict=True):
        assert np.allclose(one, other)


def test_samples_have_the_processs_mean_and_deviation() -> None:
    kernel = Matern(np.array([0]))
    inputs = np.array([[0.1], [0.4]])
    process = conditioned(kernel, log_of(kernel.priors), 0.01, inputs, np.array([1.0, -1.0]))
    at = np.array([[0.1], [0.25], [0.9]])
    normals = stream().normals(3 * 2000).reshape(2000, 3)
    samples = np.array([process.sample(at, each) for each in normals])
    mean, deviation = process.mean_and_deviation(at)
    assert samples.mean(axis=0) == pytest.approx(mean, abs=0.1)
    assert samples.std(axis=0) == pytest.approx(deviation, abs=0.1)


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_singular_matrix_has_a_factor_and_an_inverse_undoes_it(count: int, rank: int) -> None:
    half = stream().normals(count * rank).reshape(count, rank)
    factor = cholesky(half @ half.T + 1e-12 * np.eye(count))
    assert np.allclose(factor @ factor.T, half @ half.T, atol=1e-6)
    definite = half @ half.T + np.eye(count)
    assert np.allclose(inverse(cholesky(definite)) @ definite, np.eye(count))


@pytest.mark.parametrize("broken", [np.array([[np.nan]]), np.array([[inf]]), -np.eye(3)])
def test_what_is_no_covariance_is_refused(broken: Array) -> None:
    with pytest.raises(ValueError, match="not positive definite"):
        cholesky(broken)


# What is worth trying.


def test_expected_improvement_is_the_mean_of_what_exceeds_the_best() -> None:
    mean, deviation = np.array([0.0, 1.0, -2.0]), np.array([1.0, 0.5, 0.0])
    draws = stream().normals(200_000)
    expected = [np.maximum(m + d * draws - 0.4, 0.0).mean() for m, d in zip(mean, deviation, strict=True)]
    assert expected_improvement(mean, deviation, 0.4) == pytest.approx(expected, abs=0.01)
    assert upper_confidence_bound(mean, deviation, 2.0).tolist() == [2.0, 2.0, -2.0]


@given(st.data())
def test_a_search_stays_in_its_region(data: st.DataObject) -> None:
    encoding = encoding_of(*data.draw(st.lists(domains(), min_size=1, max_size=4)))
    fixed = tuple(data.draw(st.booleans()) for _ in encoding.parameters)
    values = {p.name: data.draw(values_of(p.domain)) for p in encoding.parameters}
    centre = encoding.encode(values)
    region = Region(encoding, centre, fixed)
    found = best_point(lambda points: points.sum(axis=1), region, centre[None], stream())
    assert all_inside(encoding.parameters, encoding.decode(found))
    for own, held in zip(encoding.columns, fixed, strict=True):
        assert not held or (found[own] == centre[own]).all()


def peak(at: Sequence[float]) -> Callable[[Array], Array]:
    return lambda points: -((points - np.array(at)) ** 2).sum(axis=1)


@pytest.mark.parametrize("dimensions", [1, 3, 6])
def test_a_search_finds_a_peak(dimensions: int) -> None:
    encoding = encoding_of(*[DoubleDomain(0.0, 1.0)] * dimensions)
    at = [0.5 + 0.4 * sin(pi * place) for place in range(dimensions)]
    region = Region(encoding, np.zeros(dimensions), (False,) * dimensions)
    found = best_point(peak(at), region, np.zeros((1, dimensions)), stream())
    assert found == pytest.approx(at, abs=0.05)


def test_a_search_finds_the_best_category_and_never_what_is_no_number() -> None:
    encoding = encoding_of(CategoricalDomain(("a", "b", "c")), DoubleDomain(0.0, 1.0))
    region = Region(encoding, np.zeros(4), (False, False))

    def score(points: Array) -> Array:
        return np.where(points[:, 3] > 0.9, np.nan, points[:, 1] + points[:, 3])

    found = encoding.decode(best_point(score, region, np.zeros((1, 4)), stream()))
    assert found["p0"] == "b"
    assert found["p1"] == pytest.approx(0.9, abs=0.02)
