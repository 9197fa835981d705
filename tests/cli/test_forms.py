"""Specifications compared and messages as JSON, without a process."""

import json
import math
from pathlib import Path

import pytest

from progenitor import Categorical, Discrete, Double, Integer, Maximize, Study, parameter_values
from progenitor.v1 import study_pb2, trial_pb2
from progenitor_cli.calls.names import id_from_file, id_from_name, numbered
from progenitor_cli.errors import UsageError
from progenitor_cli.text.difference import differences
from progenitor_cli.text.result import Stretch, checkpoint_path, stretches
from progenitor_cli.text.wire_json import line
from progenitor_cli.text.wording import seconds, sparkline
from progenitor_cli.watching.live_table import columns_that_fit


def spec(**changes: object) -> study_pb2.StudySpec:
    found = study_pb2.StudySpec(steps_per_trial=5, budget=study_pb2.Budget(max_steps=100))
    found.parameters.add(name="lr", double_domain=study_pb2.DoubleDomain(min=0.1, max=1.0))
    found.parameters.add(name="width", integer_domain=study_pb2.IntegerDomain(min=1, max=9))
    found.population_based_training.population_size = 8
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def told(old: study_pb2.StudySpec, new: study_pb2.StudySpec) -> list[str]:
    return [str(difference) for difference in differences(old, new)]


def test_equal_specifications_do_not_differ() -> None:
    assert told(spec(), spec()) == []


def test_every_differing_field_is_named_with_both_values() -> None:
    other = spec(steps_per_trial=6, seed=3)
    other.budget.target = 0.5
    other.lease_duration.FromSeconds(30)
    other.population_based_training.truncation.fraction = 0.25
    other.parameters[0].double_domain.max = 2.0
    other.parameters[1].name = "depth"
    assert told(spec(), other) == [
        "parameters.lr.double_domain.max: 1.0 → 2.0",
        'parameters.width: {"name": "width", "integer_domain": {"min": 1, "max": 9}} → removed',
        'parameters.depth: new → {"name": "depth", "integer_domain": {"min": 1, "max": 9}}',
        "steps_per_trial: 5 → 6",
        "budget.target: not set → 0.5",
        "seed: not set → 3",
        "lease_duration: not set → 30 s",
        'population_based_training.truncation: not set → {"fraction": 0.25}',
    ]


def test_another_algorithm_is_told_as_one_unset_and_one_set() -> None:
    other = spec()
    other.random_search.configurations = 4
    assert [text.split(":")[0] for text in told(spec(), other)] == [
        "population_based_training",
        "random_search",
    ]


def test_another_order_of_the_parameters_is_a_difference() -> None:
    other = spec()
    other.parameters.reverse()
    assert told(spec(), other) == ["parameters: in the order lr, width → width, lr"]


def test_json_has_every_field_without_presence_and_integers_as_numbers() -> None:
    trial = trial_pb2.Trial(name="studies/a/trials/1", seed=2**40, start_step=0)
    trial.parameters["width"].integer_value = 2**60
    trial.measurement.metrics["loss"] = math.nan
    trial.measurement.metrics["gain"] = -math.inf
    trial.timing.train.FromMilliseconds(1500)
    form = json.loads(line(trial))
    assert form["seed"] == 2**40
    assert form["start_step"] == 0
    assert form["state"] == "TRIAL_STATE_UNSPECIFIED"
    assert form["parameters"] == {"width": {"integer_value": 2**60}}
    assert form["measurement"]["metrics"] == {"loss": "NaN", "gain": "-Infinity"}
    assert form["timing"]["train"] == "1.500s"
    assert "checkpoint" not in form, "an unset message has no form"


def test_equal_neighbours_of_a_schedule_are_one_stretch() -> None:
    lineage = []
    for number, lr in enumerate([0.1, 0.1, 0.2]):
        trial = trial_pb2.Trial(start_step=number * 5, end_step=number * 5 + 5)
        trial.parameters["lr"].double_value = lr
        trial.parameters["width"].integer_value = 3
        trial.measurement.metrics["score"] = number
        lineage.append(trial)
    assert list(stretches(spec(), lineage)) == [
        Stretch(1, 10, {"lr": 0.1, "width": 3}, {"score": 1.0}),
        Stretch(11, 15, {"lr": 0.2, "width": 3}, {"score": 2.0}),
    ]


def test_a_checkpoints_path_is_absolute() -> None:
    store = Path("/store")
    assert checkpoint_path(store, trial_pb2.Checkpoint(uri="u/1/1/5-ab")) == "/store/u/1/1/5-ab"
    assert checkpoint_path(store, trial_pb2.Checkpoint(uri="/given/one")) == "/given/one"
    assert checkpoint_path(store, trial_pb2.Checkpoint(uri="file:///a%20b")) == "/a b"
    assert checkpoint_path(store, trial_pb2.Checkpoint()) is None


def test_names_follow_the_contracts_rule() -> None:
    assert id_from_name("a-1") == "a-1"
    for bad in ("", "A", "1a", "a_b", "a" * 64):
        with pytest.raises(UsageError, match="lower-case letters"):
            id_from_name(bad)
    assert id_from_file(Path("x/My_Train v2.py")) == "my-train-v2"
    assert len(id_from_file(Path("a" * 100 + ".py"))) == 63
    assert numbered("a" * 63, 12) == "a" * 60 + "-12"


def test_times_and_sparklines_read_well() -> None:
    assert [seconds(length) for length in (0.4, 59, 61, 3700, 90000)] == [
        "0 s",
        "59 s",
        "1 min 01 s",
        "1 h 01 min",
        "1 d 1 h",
    ]
    assert sparkline([0.0, 0.5, 1.0], 2) == "▁█"
    assert sparkline([1.0, math.nan, 1.0], 8) == "▁ ▁"
    assert sparkline([math.nan], 8) == ""


def test_a_line_has_as_many_columns_as_fit() -> None:
    rows = [("ab", "c", "d"), ("a", "cccc", "dd")]
    assert [columns_that_fit(rows, width) for width in (1, 2, 7, 8, 11, 12, 80)] == [1, 1, 1, 2, 2, 3, 3]


def test_hyperparameters_are_what_the_training_code_gets() -> None:
    described = Study(
        metrics=[Maximize("score")],
        parameters={
            "depth": Discrete([1, 2, 4]),
            "drop": Discrete([0.5, 1.0]),
            "lr": Double(1.0, 2.0),
            "width": Integer(1, 2**60),
            "kind": Categorical(["a"]),
        },
        population_size=1,
        steps_per_trial=1,
        max_steps=1,
    )
    trial = trial_pb2.Trial()
    for name in ("depth", "drop", "lr"):
        trial.parameters[name].double_value = 1.0
    trial.parameters["width"].integer_value = 2**60
    trial.parameters["kind"].categorical_value = "a"
    values = parameter_values(study_pb2.Study(effective_spec=described.spec()), trial)
    assert repr(values) == "{'depth': 1, 'drop': 1.0, 'lr': 1.0, 'width': 1152921504606846976, 'kind': 'a'}"
