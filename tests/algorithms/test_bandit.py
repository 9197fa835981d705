"""The Gaussian process bandit: what it learns from, and what it tries."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import log
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_controller.algorithms import begin
from progenitor_controller.algorithms.configurations import ended as ended_configurations
from progenitor_controller.algorithms.configurations import under_way
from progenitor_controller.algorithms.gaussian_process_bandit import design_size, targets
from progenitor_controller.algorithms.remembered import Remembered
from progenitor_controller.algorithms.sampling import sample_all
from progenitor_controller.algorithms.streams import Purpose, Stream
from progenitor_storage.model.spec import (
    Budget,
    Domain,
    DoubleDomain,
    GaussianProcessBandit,
    InitialMember,
    Parameters,
    ParameterSpec,
    Spec,
)
from progenitor_storage.model.trial import StopCause, Trial

from .populations import PARAMETERS, SPEC, all_inside, completed, domains, failed, stopped
from .searches import Fails, search

# A slow model would let every law of hypothesis run into its deadline on a busy machine.
slowly = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


def bandit(configurations: int, **changes: object) -> Spec:
    """Each configuration is one session."""
    algorithm = GaussianProcessBandit(configurations)
    budget = Budget(max_steps=SPEC.steps_per_trial)
    return replace(SPEC, algorithm=algorithm, budget=budget, **changes)  # type: ignore[arg-type]


def valley(values: Parameters) -> float:
    """Of all of PARAMETERS but the dropout; its greatest value is 0."""
    rate, layers, batch = float(values["rate"]), int(values["layers"]), float(values["batch"])
    return -(
        (log(rate) - log(1e-3)) ** 2 / 8
        + (layers - 5) ** 2 / 20
        + (log(batch) - log(64)) ** 2
        + (0.0 if values["optimizer"] == "adam" else 1.0)
        + (log(int(values["width"])) - log(256)) ** 2 / 8
    )


def score(trial: Trial) -> float:
    return valley(trial.parameters)


def trial_of(spec: Spec, member: int, parameters: Parameters) -> Trial:
    drawn = replace(begin(replace(spec, initial_population=()), Remembered([]), 0), member=member)
    return replace(drawn, number=member + 1, parameters=parameters)


def sampled(spec: Spec, count: int) -> list[Trial]:
    """Trials in training, of drawn configurations."""
    streams = (Stream(1, member, 0, Purpose.SAMPLING) for member in range(count))
    return [trial_of(spec, n, sample_all(spec.parameters, stream)) for n, stream in enumerate(streams)]


def scored(trials: Sequence[Trial], of: Callable[[Parameters], float | None] = valley) -> list[Trial]:
    return [completed(trial, trial.number, of(trial.parameters)) for trial in trials]


def next_parameters(spec: Spec, trials: Sequence[Trial]) -> Parameters:
    return begin(spec, Remembered(trials), len(trials)).parameters


# The first configurations.


@pytest.mark.parametrize(("configurations", "size"), [(4, 2), (20, 5), (28, 7), (1000, 7)])
def test_a_quarter_of_the_configurations_at_most_is_a_design(configurations: int, size: int) -> None:
    algorithm = GaussianProcessBandit(configurations)
    assert design_size(SPEC, algorithm) == size


@given(st.integers(0, 2**63 - 1))
def test_the_design_has_one_value_in_each_part_of_every_scale(seed: int) -> None:
    spec = bandit(1000, seed=seed)
    design = [begin(spec, Remembered([]), member).parameters for member in range(7)]
    rates = sorted((log(float(each["rate"])) - log(1e-5)) / log(1e4) for each in design)
    dropouts = sorted(float(each["dropout"]) / 0.9 for each in design)
    for place in range(7):
        assert place <= 7 * rates[place] + 1e-9
        assert 7 * rates[place] <= place + 1 + 1e-9
        assert place <= 7 * dropouts[place] <= place + 1
    assert {each["optimizer"] for each in design} == {"sgd", "adam", "lion"}
    assert all(all_inside(PARAMETERS, each) for each in design)


def test_without_two_that_have_ended_the_next_one_is_sampled() -> None:
    spec = bandit(20)
    trials = scored(sampled(spec, 1)) + sampled(spec, 9)[1:]
    draw = sample_all(spec.parameters, Stream(spec.seed, 9, 0, Purpose.SAMPLING))
    assert next_parameters(spec, trials) == draw


# What it knows.


def test_configurations_have_ended_with_their_last_session() -> None:
    spec = replace(bandit(20), budget=Budget(max_steps=2 * SPEC.steps_per_trial))
    first = sampled(spec, 4)
    half = scored(first)
    whole = completed(
        replace(half[0], generation=1, start_step=5, end_step=10, parent=1, initiator=1), 9, 7.0
    )
    trials = [*half[:2], first[2], completed(half[3], 4, None), whole]
    known = ended_configurations(spec, Remembered(trials))
    assert [(each.parameters, each.fitness) for each in known] == [(first[0].parameters, 7.0)]
    waiting = under_way(spec, Remembered(trials))
    assert list(waiting) == [trial.parameters for trial in first[1:]]


def test_those_that_failed_count_as_the_worst() -> None:
    assert targets([1.0, None, 3.0, 2.0]) == pytest.approx(targets([1.0, 1.0, 3.0, 2.0]))


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30))
def test_targets_are_standardised_and_keep_the_order(fitness: list[float]) -> None:
    found = targets(fitness)
    assert np.isfinite(found).all()
    assert found.mean() == pytest.approx(0.0, abs=1e-9)
    assert float(found.std()) == pytest.approx(1.0) or not found.any()
    order = np.argsort(fitness, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def test_one_disaster_hides_no_difference_among_the_others() -> None:
    found = targets([1.0, 2.0, 3.0, 4.0, -1e12])
    assert found[3] - found[0] > 1.0


# What it tries.


@slowly
@given(st.lists(domains(), max_size=4), st.integers(2, 12), st.randoms(), st.sampled_from([0.0, 1e300]))
def test_whatever_the_domains_are_what_is_tried_is_inside(
    chosen: list[Domain], count: int, fate: Random, reach: float
) -> None:
    parameters = tuple(ParameterSpec(str(place), domain) for place, domain in enumerate(chosen))
    spec = bandit(8, parameters=parameters)
    trials = scored(sampled(spec, count), lambda _: fate.uniform(-reach, reach))
    assert all_inside(parameters, next_parameters(spec, trials))


@slowly
@given(st.randoms())
def test_the_order_of_reading_changes_nothing(order: Random) -> None:
    spec = bandit(20)
    trials = [*scored(sampled(spec, 12))[:9], *sampled(spec, 12)[9:]]
    shuffled = list(trials)
    order.shuffle(shuffled)
    assert next_parameters(spec, shuffled) == next_parameters(spec, trials)


@pytest.mark.parametrize(("factor", "shift"), [(1.0, 1024.0), (2.0**20, 0.0), (2.0**-900, 0.0)])
def test_the_fitness_may_have_any_scale_and_zero(factor: float, shift: float) -> None:
    spec = bandit(20)
    trials = sampled(spec, 12)
    whole = scored(trials, lambda values: round(valley(values) * 1024) / 1024)
    moved = scored(trials, lambda values: round(valley(values) * 1024) / 1024 * factor + shift)
    expected, found = next_parameters(spec, whole), next_parameters(spec, moved)
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value, rel=1e-3) if isinstance(value, float) else value)


def test_those_in_training_are_not_tried_again() -> None:
    space = (ParameterSpec("x", DoubleDomain(0.0, 1.0)),)
    spec = bandit(40, parameters=space)
    known = [
        completed(trial_of(spec, n, {"x": x}), n + 1, -((x - 0.6) ** 2))
        for n, x in enumerate((0.0, 0.2, 0.4, 0.8, 1.0))
    ]
    trials = list(known)
    tried: list[float] = []
    for _ in range(6):
        found = next_parameters(spec, trials)
        tried.append(float(found["x"]))
        trials.append(trial_of(spec, len(trials), found))
    assert len(set(tried)) == len(tried)
    assert min(abs(x - 0.6) for x in tried) < 0.1


def test_what_is_given_is_kept_and_the_rest_goes_with_it() -> None:
    given_values: Parameters = {"optimizer": "lion", "layers": 2}
    spec = bandit(20, initial_population=(*[InitialMember({})] * 12, InitialMember(given_values)))
    found = next_parameters(spec, scored(sampled(spec, 12)))
    assert (found["optimizer"], found["layers"]) == ("lion", 2)
    assert all_inside(PARAMETERS, found)
    whole = replace(spec, initial_population=(InitialMember(found),))
    assert begin(whole, Remembered([]), 0).parameters == found


def test_it_stays_away_from_where_everything_fails() -> None:
    space = (ParameterSpec("x", DoubleDomain(0.0, 1.0)),)
    spec = bandit(30, parameters=space)

    def half(trial: Trial) -> float:
        if float(trial.parameters["x"]) > 0.5:
            raise Fails
        return float(trial.parameters["x"])

    trials = search(spec, half)
    assert len(trials) == 30
    later = [float(trial.parameters["x"]) for trial in trials[10:]]
    assert max(trial.fitness or 0.0 for trial in trials) > 0.49
    assert sum(x > 0.6 for x in later) < 8


def test_what_the_rule_has_stopped_counts_as_what_it_had_come_to() -> None:
    spec = replace(bandit(20), budget=Budget(max_steps=2 * SPEC.steps_per_trial))
    first = scored(sampled(spec, 1))[0]
    second = replace(first, generation=1, start_step=5, end_step=10, parent=1, number=2)
    known = ended_configurations(spec, Remembered([first, stopped(second, 2, StopCause.RULE)]))
    assert [each.fitness for each in known] == [first.fitness]


def test_it_finds_more_than_random_search() -> None:
    best = [max(score(t) for t in search(bandit(30, seed=seed), score)) for seed in range(4)]
    drawn = [
        max(valley(sample_all(PARAMETERS, Stream(seed, n, 0, Purpose.SAMPLING))) for n in range(30))
        for seed in range(4)
    ]
    assert np.mean(best) > np.mean(drawn) + 0.1


def test_a_failed_first_session_has_no_say_before_its_place_is_closed() -> None:
    spec = bandit(20)
    trial = failed(sampled(spec, 1)[0], 1)
    assert ended_configurations(spec, Remembered([trial])) == []
