"""Exploration by a model of gains: its laws, and that it finds what there is to find."""

from collections.abc import Sequence
from dataclasses import replace
from math import exp, isclose
from statistics import fmean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_controller.algorithms.gaussian_process import LEAST_OBSERVATIONS
from progenitor_controller.algorithms.mutation import mutate_all
from progenitor_controller.algorithms.sampling import sample_all
from progenitor_storage.model.spec import DoubleDomain, ParameterSpec, PendingTrials, Scale
from progenitor_storage.model.trial import Observation

from .observations import MUTATION, STEPS, X, gains, observed, stream, suggested
from .populations import PARAMETERS, all_inside, domains, values_of

# A slow model would let every law of hypothesis run into its deadline on a busy machine.
slowly = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def histories(
    draw: st.DrawFn,
    fitnesses: st.SearchStrategy[float | None],
    parameters: Sequence[ParameterSpec] = PARAMETERS,
) -> list[Observation]:
    settings_of = st.fixed_dictionaries({p.name: values_of(p.domain) for p in parameters})
    # Few distinct ones, so that there are duplicates.
    some = draw(st.lists(settings_of, min_size=1, max_size=4))
    count = draw(st.integers(1, 14))
    return [
        observed(number, draw(st.sampled_from(some)), draw(fitnesses), draw(fitnesses))
        for number in range(count)
    ]


any_fitness: st.SearchStrategy[float | None] = (
    st.sampled_from((0.0, 1.0, -1e300, 1e300, 5e-324)) | st.floats(-1e300, 1e300) | st.none()
)
whole_fitness: st.SearchStrategy[float | None] = st.integers(-50, 50).map(float)
any_pending = st.sampled_from(PendingTrials)


# Laws.


@slowly
@given(histories(any_fitness), histories(any_fitness), any_pending, st.floats(-1e300, 1e300))
def test_a_suggestion_is_inside_its_domains_and_immutables_stay(
    observations: list[Observation], running: list[Observation], pending: PendingTrials, fitness: float
) -> None:
    unfinished = [replace(o, number=o.number + 100, fitness=None) for o in running]
    done = [replace(o, fitness=o.fitness or 0.0) for o in observations]
    values = suggested(done, unfinished=unfinished, pending=pending, start_fitness=fitness)
    assert all_inside(PARAMETERS, values)
    assert values["width"] == done[-1].parameters["width"]


@slowly
@given(st.data(), any_pending)
def test_that_holds_in_every_space(data: st.DataObject, pending: PendingTrials) -> None:
    kinds = data.draw(st.lists(st.tuples(domains(), st.booleans()), min_size=1, max_size=4))
    parameters = [ParameterSpec(f"p{place}", *kind) for place, kind in enumerate(kinds)]
    observations = data.draw(histories(any_fitness, parameters))
    values = suggested(observations, parameters, pending=pending)
    assert all_inside(parameters, values)
    kept = [p.name for p in parameters if p.immutable]
    assert [values[name] for name in kept] == [observations[-1].parameters[name] for name in kept]


@slowly
@given(histories(whole_fitness), any_pending, st.data())
def test_the_order_of_observations_means_nothing(
    observations: list[Observation], pending: PendingTrials, data: st.DataObject
) -> None:
    inherited = observations[-1].parameters
    running = [replace(o, number=o.number + 100, fitness=None) for o in observations]
    shuffled = [data.draw(st.permutations(each)) for each in (observations, running)]
    straight, turned = (
        suggested(seen, inherited=inherited, unfinished=unfinished, pending=pending)
        for seen, unfinished in ((observations, running), shuffled)
    )
    assert straight == turned


@slowly
@given(histories(whole_fitness), any_pending, st.integers(-100, 100), st.integers(-900, 900))
def test_neither_a_shift_nor_a_scale_of_the_fitness_means_anything(
    observations: list[Observation], pending: PendingTrials, shift: int, exponent: int
) -> None:
    # Whole numbers and powers of two: nothing is rounded, so that the suggestions are the same to the last bit.
    def moved(fitness: float | None) -> float | None:
        return None if fitness is None else (fitness + shift) * 2.0**exponent

    others = [
        replace(o, start_fitness=moved(o.start_fitness), fitness=moved(o.fitness)) for o in observations
    ]
    assert suggested(observations, pending=pending, start_fitness=7.0) == suggested(
        others, pending=pending, start_fitness=(7.0 + shift) * 2.0**exponent
    )


def test_a_scale_that_rounds_moves_a_suggestion_no_further_than_rounding() -> None:
    observations = gains(lambda x, _: -((x - 0.6) ** 2), 12)
    scaled = [
        replace(o, start_fitness=(o.start_fitness or 0.0) * 3.7, fitness=(o.fitness or 0.0) * 3.7)
        for o in observations
    ]
    one, other = (float(suggested(seen, [X])["x"]) for seen in (observations, scaled))
    assert isclose(one, other, abs_tol=1e-6)


@slowly
@given(histories(any_fitness), any_pending)
def test_the_same_is_suggested_again(observations: list[Observation], pending: PendingTrials) -> None:
    assert suggested(observations, pending=pending) == suggested(observations, pending=pending)


@slowly
@given(histories(whole_fitness).filter(lambda seen: len(seen) > LEAST_OBSERVATIONS), st.data())
def test_only_the_newest_of_the_history_count(observations: list[Observation], data: st.DataObject) -> None:
    inherited = observations[-1].parameters
    shuffled = data.draw(st.permutations(observations))
    newest = observations[-LEAST_OBSERVATIONS:]
    whole, part = (
        suggested(seen, inherited=inherited, history=LEAST_OBSERVATIONS) for seen in (shuffled, newest)
    )
    assert whole == part


@pytest.mark.parametrize("count", range(LEAST_OBSERVATIONS))
def test_with_too_little_to_learn_from_a_child_is_mutated(count: int) -> None:
    inherited = sample_all(PARAMETERS, stream())
    observations = [observed(number, inherited, 0.0, 1.0) for number in range(count)]
    expected = mutate_all(MUTATION, PARAMETERS, inherited, stream())
    assert suggested(observations, inherited=inherited) == expected


def test_where_there_is_nothing_to_learn_a_child_is_nearly_mutated() -> None:
    draws = stream(generation=1).normals(80)
    observations = gains(lambda _, number: float(draws[number]), 80)
    for member in range(6):
        mutant = float(mutate_all(MUTATION, [X], {"x": 0.5}, stream(member))["x"])
        child = suggested(observations, [X], inherited={"x": 0.5}, member=member)
        assert float(child["x"]) == pytest.approx(mutant, abs=0.15)


def test_a_thousand_parameters_are_no_obstacle() -> None:
    parameters = [ParameterSpec(f"p{place}", DoubleDomain(0.0, 1.0)) for place in range(1000)]
    observations = [
        observed(number, sample_all(parameters, stream(generation=number)), 0.0, float(number % 5))
        for number in range(12)
    ]
    assert all_inside(parameters, suggested(observations, parameters))


# What it finds.


@pytest.mark.parametrize("pending", PendingTrials)
def test_what_gains_most_is_found(pending: PendingTrials) -> None:
    def gain(x: float) -> float:
        return exp(-((x - 0.37) ** 2) / 0.02)

    observations = [observed(number, {"x": x}, None, 0.0) for number, x in enumerate((0.05, 0.6, 0.8, 0.95))]
    observations = [replace(o, fitness=gain(float(o.parameters["x"]))) for o in observations]
    fitness = max(o.fitness or 0.0 for o in observations)
    for number in range(4, 30):
        values = suggested(
            observations, [X], pending=pending, start_fitness=fitness, start_step=5 * (number // 4)
        )
        gained = fitness + gain(float(values["x"]))
        observations.append(observed(number, values, fitness, gained))
        fitness = gained
    assert fmean(abs(float(o.parameters["x"]) - 0.37) for o in observations[-8:]) < 0.08


def test_an_optimum_that_moves_is_followed() -> None:
    observations = gains(lambda x, number: exp(-((x - 0.2 - 0.6 * number / 60) ** 2) / 0.02), 60)
    assert float(suggested(observations, [X], start_step=75)["x"]) == pytest.approx(0.8, abs=0.12)


def test_what_was_learnt_on_a_log_scale_is_suggested_there() -> None:
    rate = ParameterSpec("x", DoubleDomain(1e-6, 1.0, Scale.LOG))
    observations = [
        replace(o, parameters={"x": 10 ** (-6 * float(o.parameters["x"]))})
        for o in gains(lambda x, _: -((x - 0.75) ** 2), 16)
    ]
    assert 10**-5.1 < float(suggested(observations, [rate])["x"]) < 10**-3.9


def test_first_sessions_without_a_start_fitness_are_told_apart() -> None:
    observations = [replace(o, start_fitness=None) for o in gains(lambda x, _: 40.0 - (x - 0.6) ** 2, 8)]
    assert float(suggested(observations, [X], start_fitness=200.0)["x"]) == pytest.approx(0.6, abs=0.2)


def test_one_that_diverged_spoils_nothing() -> None:
    observations = gains(lambda x, _: -((x - 0.6) ** 2), 16)
    observations[3] = replace(observations[3], fitness=-1e300)
    assert float(suggested(observations, [X])["x"]) == pytest.approx(0.6, abs=0.15)


def test_immutables_inform_but_stay() -> None:
    width = ParameterSpec("width", DoubleDomain(0.0, 1.0), immutable=True)
    observations = [
        replace(o, parameters={"x": o.parameters["x"], "width": float(o.number % 2)})
        for o in gains(lambda x, number: -((x - (0.8 if number % 2 else 0.2)) ** 2), 32)
    ]
    for held, best in ((0.0, 0.2), (1.0, 0.8)):
        values = suggested(observations, [X, width], inherited={"x": 0.5, "width": held})
        assert values["width"] == held
        assert float(values["x"]) == pytest.approx(best, abs=0.15)


def test_which_setting_gains_most_may_depend_on_where_a_session_starts() -> None:
    def session(number: int) -> Observation:
        x, start = number * 0.618 % 1.0, float(number * 7 % 10)
        return observed(
            number, {"x": x}, start, start + exp(-((x - (0.2 if start < 5 else 0.8)) ** 2) / 0.02)
        )

    observations = [session(number) for number in range(40)]
    for start, best in ((1.0, 0.2), (8.0, 0.8)):
        assert float(suggested(observations, [X], start_fitness=start)["x"]) == pytest.approx(best, abs=0.1)


def test_what_gains_most_per_step_is_suggested_not_what_gained_most_in_longer_sessions() -> None:
    """Twice as long, sessions with less than ½ gain half as much again."""
    observations = [
        replace(o, end_step=o.start_step + 2 * STEPS, fitness=3.0) if float(o.parameters["x"]) < 0.5 else o
        for o in gains(lambda *_: 2.0 / STEPS, 20)
    ]
    assert all(float(suggested(observations, [X], member=member)["x"]) > 0.5 for member in range(4))
