"""The picture of a study: what is read, and what is drawn of it."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from tests.controller.trainee import Trainee, completed, create, minimal_spec, report

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_cli.calls.names import short
from progenitor_cli.client import Client
from progenitor_cli.errors import NothingToDraw, UnknownMetric
from progenitor_cli.plot import StudyData, figure, plot_study, read
from progenitor_cli.plot.records import PARTS, Trial
from progenitor_cli.plot.saving import save
from progenitor_controller.server import EmbeddedController


@pytest.fixture
def controller(sqlite_template: Path, tmp_path: Path) -> Iterator[EmbeddedController]:
    shutil.copy(sqlite_template, tmp_path / "progenitor.db")
    with EmbeddedController(f"sqlite:///{tmp_path / 'progenitor.db'}") as running:
        yield running


@pytest.fixture
def channel(controller: EmbeddedController) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(controller.address) as opened:
        yield opened


@pytest.fixture
def client(controller: EmbeddedController) -> Iterator[Client]:
    with Client(controller.address) as opened:
        yield opened


def population(members: int, steps: int, **more: object) -> study_pb2.StudySpec:
    return minimal_spec(
        population_based_training=study_pb2.PopulationBasedTraining(population_size=members),
        budget=study_pb2.Budget(max_steps=steps),
        **more,
    )


def by_learning_rate(trial: trial_pb2.Trial) -> float:
    return trial.parameters["lr"].double_value + trial.end_step


def timed(told: trial_pb2.TrialReport, seconds: float) -> trial_pb2.TrialReport:
    for share, part in enumerate(PARTS, start=1):
        getattr(told.timing, part).FromNanoseconds(int(seconds * share * 1e9))
    return told


@pytest.fixture
def eventful(channel: grpc.Channel, client: Client) -> StudyData:
    """Five members, of whose trials one was preempted, one failed for good, and one is not finite."""
    study = create(channel, population(5, 60, max_failures_per_trial=1))
    trainee = Trainee(channel, study.name)
    reports: list[trial_pb2.TrialReport] = []
    done = 0
    while (answer := trainee.suggest(*reports)).trials:
        trial = answer.trials[0]
        done += 1
        if done == 7:
            told = report(trial, trial_pb2.OUTCOME_RELEASED, step=trial.start_step)
        elif done == 11:
            told = report(trial, trial_pb2.OUTCOME_FAILED, failure_message="no", step=trial.start_step + 3)
        else:
            told = completed(trial, score=math.nan if done == 14 else by_learning_rate(trial))
        reports = [timed(told, 0.25 * done)]
    return read(client, "s")


def drawn(data: StudyData) -> Figure:
    """Rendered once, so that what a drawing raises is raised."""
    picture = figure(data)
    picture.canvas.draw()
    return picture


def segments(picture: Figure, title: str) -> list[tuple[tuple[float, float], ...]]:
    (axes,) = [axes for axes in picture.axes if axes.get_title(loc="left").startswith(title)]
    lines = [c for c in axes.collections if isinstance(c, LineCollection)]
    return [tuple((float(x), float(y)) for x, y in line) for c in lines for line in c.get_segments()]


def test_the_winners_path_is_the_best_trials_lineage(eventful: StudyData, client: Client) -> None:
    best = next(iter(client.list_best_trials("s")))
    lineage = [int(short(trial.name)) for trial in client.list_lineage(best.name)]
    assert [trial.number for trial in eventful.path] == lineage
    assert len(lineage) == 6


def test_a_copy_is_a_trial_whose_parent_is_of_another_member(eventful: StudyData) -> None:
    assert eventful.copies
    copies = {child.number for _, child in eventful.copies}
    for trial in eventful.trials:
        if trial.parent is not None:
            assert (eventful.by_number[trial.parent].member != trial.member) == (trial.number in copies)


def test_each_copy_is_a_branch_from_its_parents_end(eventful: StudyData) -> None:
    branches = segments(drawn(eventful), "Fitness")
    rows = segments(drawn(eventful), "Who went on from whom")
    for parent, child in eventful.copies:
        if child.measured is None or not math.isfinite(child.measured[1]):
            continue
        assert parent.measured is not None
        assert any(line[0] == pytest.approx(parent.measured) for line in branches if line), child
        assert any(line[0][1] == parent.member and line[-1] == (child.start, child.member) for line in rows)


def test_every_trial_with_a_value_is_on_its_line(eventful: StudyData) -> None:
    for trial in eventful.trials:
        if trial.measured is not None and math.isfinite(trial.measured[1]):
            assert eventful.points(trial)[-1] == trial.measured


def test_a_value_that_is_not_finite_is_a_gap_and_is_told(eventful: StudyData) -> None:
    (lost,) = [t for t in eventful.trials if t.measured is not None and not math.isfinite(t.measured[1])]
    assert math.isnan(eventful.points(lost)[-1][1])
    titles = [axes.get_title(loc="right") for axes in drawn(eventful).axes]
    assert "without a finite value: 1 trial" in titles


def test_the_seconds_drawn_are_those_of_the_trials(eventful: StudyData, client: Client) -> None:
    trials = list(client.list_trials("s"))
    for part, seconds in zip(PARTS, eventful.seconds, strict=True):
        told = [getattr(trial.timing, part).ToNanoseconds() / 1e9 for trial in trials]
        assert seconds == pytest.approx(math.fsum(told))
        members = [row[PARTS.index(part)] for row in eventful.seconds_of_members]
        assert math.fsum(members) == pytest.approx(seconds)
    assert sum(eventful.seconds) > 0


def test_preempted_and_failed_trials_are_marked(eventful: StudyData) -> None:
    labels = [text.get_text() for text in drawn(eventful).legends[0].get_texts()]
    assert "preempted (1)" in labels
    assert "failed (1)" in labels
    assert not any(label.startswith(("stopped", "cancelled", "not ended yet")) for label in labels)


def test_a_parent_is_drawn_before_its_first_step_where_it_was_measured_there(
    channel: grpc.Channel, client: Client
) -> None:
    study = create(channel, population(1, 10))
    trainee = Trainee(channel, study.name)
    trial = trainee.take()
    untrained = trial_pb2.Measurement(step=0, metrics={"score": 0.5})
    halfway = trial_pb2.Measurement(step=5, metrics={"score": 0.75})
    told = completed(trial, score=1.0)
    told.measurements.extend([untrained, halfway])
    trainee.suggest(told)
    data = read(client, "s")
    assert data.points(data.trials[0]) == [(0, 0.5), (5, 0.75), (10, 1.0)]


def test_the_least_value_wins_what_is_minimized(channel: grpc.Channel, client: Client) -> None:
    metric = study_pb2.MetricSpec(name="score", goal=study_pb2.GOAL_MINIMIZE)
    create(channel, population(3, 30, metrics=[metric]))
    Trainee(channel, "studies/s").train(lambda trial: 1.0 / by_learning_rate(trial))
    data = read(client, "s")
    values = [trial.measured[1] for trial in data.trials if trial.measured is not None]
    end = data.path[-1].measured
    assert end is not None
    assert end[1] == min(values)
    assert segments(drawn(data), "Fitness and lineage: less is better")


def one_member() -> study_pb2.StudySpec:
    return population(1, 30)


def no_hyperparameters() -> study_pb2.StudySpec:
    return population(2, 30, parameters=[])


def random_search() -> study_pb2.StudySpec:
    search = study_pb2.RandomSearch(configurations=4)
    return minimal_spec(random_search=search, budget=study_pb2.Budget(max_steps=20))


def every_kind_of_hyperparameter() -> study_pb2.StudySpec:
    parameter = study_pb2.ParameterSpec
    log, linear = study_pb2.SCALE_LOG, study_pb2.SCALE_LINEAR
    domains = [
        parameter(name="lr", double_domain=study_pb2.DoubleDomain(min=1e-4, max=1.0, scale=log)),
        parameter(
            name="width", integer_domain=study_pb2.IntegerDomain(min=1, max=512, scale=log), immutable=True
        ),
        parameter(name="layers", integer_domain=study_pb2.IntegerDomain(min=1, max=9, scale=linear)),
        parameter(name="dropout", discrete_domain=study_pb2.DiscreteDomain(values=[0.0, 0.1, 0.5])),
        parameter(name="optimizer", categorical_domain=study_pb2.CategoricalDomain(values=["adam", "$a^$"])),
        *(
            parameter(name=f"p{n}", double_domain=study_pb2.DoubleDomain(min=0.0, max=float(n)))
            for n in range(1, 16)
        ),
    ]
    return population(4, 30, parameters=domains)


@pytest.mark.parametrize(
    "spec", [one_member, no_hyperparameters, random_search, every_kind_of_hyperparameter]
)
@pytest.mark.parametrize("trained", [2, 5, 1000])
def test_any_study_with_a_completed_trial_is_drawn(
    channel: grpc.Channel, client: Client, spec: Callable[[], study_pb2.StudySpec], trained: int
) -> None:
    """One that has just begun, one under way, and one that has ended."""
    create(channel, spec())
    Trainee(channel, "studies/s").train(by_learning_rate, most=trained)
    picture = drawn(plotted := read(client, "s"))
    titles = {axes.get_title(loc="left") for axes in picture.axes}
    mutable = {parameter.name for parameter in plotted.parameters if not parameter.immutable}
    assert mutable <= titles


def test_a_notebook_shows_the_figure_by_itself(channel: grpc.Channel, client: Client) -> None:
    create(channel)
    Trainee(channel, "studies/s").train(by_learning_rate)
    shown = plot_study(client, "s")._repr_png_()  # type: ignore[attr-defined]  # what notebooks ask for
    assert shown.startswith(b"\x89PNG")


def test_the_same_study_gives_the_same_file(channel: grpc.Channel, client: Client, tmp_path: Path) -> None:
    create(channel)
    Trainee(channel, "studies/s").train(by_learning_rate)
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        save(plot_study(client, "s"), tmp_path / name)
    for kind in (".svg", ".png"):
        assert (tmp_path / f"a{kind}").read_bytes() == (tmp_path / f"b{kind}").read_bytes()


def test_nothing_is_drawn_before_a_trial_is_completed(channel: grpc.Channel, client: Client) -> None:
    create(channel)
    Trainee(channel, "studies/s").take()
    with pytest.raises(NothingToDraw, match="s has no completed trial yet"):
        plot_study(client, "s")


def test_a_study_without_a_finite_fitness_is_drawn_without_a_winner(
    channel: grpc.Channel, client: Client
) -> None:
    create(channel)
    Trainee(channel, "studies/s").train(lambda _: math.inf)
    data = read(client, "s")
    assert data.path == ()
    drawn(data)


def test_a_metric_that_nobody_measured_is_refused_with_those_there_are(
    channel: grpc.Channel, client: Client
) -> None:
    create(channel)
    Trainee(channel, "studies/s").train(by_learning_rate)
    with pytest.raises(UnknownMetric, match=r"no metric 'loss': say one of score\."):
        plot_study(client, "s", "loss")


def test_500_members_are_read_in_few_calls_and_drawn(channel: grpc.Channel, client: Client) -> None:
    create(channel, population(500, 20))
    trainee = Trainee(channel, "studies/s")
    reports: list[trial_pb2.TrialReport] = []
    while trials := trainee.suggest(*reports, k=250).trials:
        reports = [completed(trial, score=by_learning_rate(trial)) for trial in trials]
    data = read(client, "s")
    assert len(data.trials) == 1000
    assert len(data.curves) <= 100
    drawn(grown(data, generations=20))


def grown(data: StudyData, generations: int) -> StudyData:
    """With its last generation repeated, each child of the one before in its place."""
    last = [trial for trial in data.trials if trial.generation == 1]
    trials = list(data.trials)
    for generation in range(2, generations):
        newest: list[Trial] = []
        for parent in last:
            number = len(trials) + len(newest) + 1
            measured = (parent.end + 10, float(number))
            newest.append(
                replace(
                    parent,
                    number=number,
                    generation=generation,
                    parent=parent.number,
                    start=parent.end,
                    end=parent.end + 10,
                    reached=parent.end + 10,
                    measured=measured,
                )
            )
        trials += newest
        last = newest
    return replace(data, trials=tuple(trials), winner=len(trials))
