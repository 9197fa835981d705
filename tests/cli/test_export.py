"""Tables for other programs: what is exported is what is stored, in every format."""

import csv
import io
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow.parquet as pq
import pytest

import progenitor
from progenitor.v1 import trial_pb2
from progenitor_cli import api
from progenitor_cli.client import Client
from progenitor_cli.export.study_tables import TABLES, Row, Table
from progenitor_cli.export.table_files import as_csv, as_json_lines, written
from progenitor_cli.lookup import connected

from .place import Place

NOT_FINITE = 'session.report(aside=float("nan") if step == 1 else float("-inf"))'


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("finished"))
    place.train_file(body=NOT_FINITE)
    assert place.run("run", "train.py").code == 0
    return place


@pytest.fixture(scope="module")
def client(finished: Place) -> Iterator[Client]:
    with connected(None, None, finished.folder) as found:
        yield found


def table_of(client: Client, kind: str) -> Table:
    return TABLES[kind](client, client.get_study("train"))


def rows_of(client: Client, kind: str) -> list[Row]:
    return list(table_of(client, kind).rows)


def test_a_trial_is_a_row_with_its_parameters_and_metrics(client: Client) -> None:
    for row, trial in zip(rows_of(client, "trials"), client.list_trials("train"), strict=True):
        assert trial.name.endswith(f"/{row['trial']}")
        assert row["parameter.lr"] == trial.parameters["lr"].double_value
        assert row["parameter.width"] == trial.parameters["width"].integer_value
        assert row["metric.score"] == trial.measurement.metrics["score"]
        assert row["checkpoint_digest"] == trial.checkpoint.digest
        assert (row["parent"] is None) == (trial.parent == "")


def test_a_measurement_is_a_row_for_each_metric_at_each_step(client: Client) -> None:
    rows = rows_of(client, "measurements")
    for trial in client.list_trials("train"):
        number = int(trial.name.rpartition("/")[2])
        told = {(row["step"], row["metric"]): row["value"] for row in rows if row["trial"] == number}
        stored = {
            (measured.step, name): value
            for measured in client.list_measurements(trial.name)
            for name, value in measured.metrics.items()
        }
        assert set(told) == set(stored)
        for key, value in stored.items():
            got = told[key]
            assert isinstance(got, float)
            assert got == value or (math.isnan(got) and math.isnan(value))


def test_a_schedule_covers_every_step_once(client: Client) -> None:
    rows = rows_of(client, "schedules")
    ends = {row["trial"] for row in rows}
    assert len(ends) >= 3, "one for each member"
    for end in ends:
        steps = [
            step
            for row in rows
            if row["trial"] == end
            for step in range(int(str(row["first_step"])), int(str(row["last_step"])) + 1)
        ]
        assert steps == [1, 2, 3, 4, 5, 6]
    best = client.get_study_status("train").best_trial.name
    assert {row["trial"] for row in rows if row["best"]} == {int(best.rpartition("/")[2])}


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_every_format_has_the_same_rows(client: Client, kind: str, tmp_path: Path) -> None:
    rows = rows_of(client, kind)
    for name in ("csv", "jsonl", "parquet"):
        written(table_of(client, kind), name, tmp_path / f"table.{name}")
    lines = [json.loads(line) for line in (tmp_path / "table.jsonl").read_text().splitlines()]
    with (tmp_path / "table.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    columns = pq.read_table(tmp_path / "table.parquet").to_pylist()
    assert len(rows) == len(lines) == len(cells) == len(columns)
    for row, line, cell, column in zip(rows, lines, cells, columns, strict=True):
        assert list(row) == list(line) == list(cell) == list(column)
        for name, value in row.items():
            if isinstance(value, float):
                assert repr(float(line[name])) == repr(float(cell[name])) == repr(column[name]) == repr(value)
            elif value is None:
                assert (line[name], cell[name], column[name]) == (None, "", None)
            elif isinstance(value, int | str):
                assert line[name] == column[name] == value
                assert cell[name] == str(value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["table.csv", "table.jsonl", "table.parquet"]


def test_numbers_that_are_not_finite_survive_as_text() -> None:
    rows: list[Row] = [{"value": value} for value in (math.nan, math.inf, -math.inf, -0.0, 1e-300)]
    lines, cells = io.StringIO(), io.StringIO()
    as_json_lines(Table({"value": "number"}, iter(rows)), lines)
    as_csv(Table({"value": "number"}, iter(rows)), cells)
    for text in lines.getvalue().splitlines():
        json.loads(text, parse_constant=pytest.fail)
    back = [float(json.loads(text)["value"]) for text in lines.getvalue().splitlines()]
    assert list(map(repr, back)) == ["nan", "inf", "-inf", "-0.0", "1e-300"]
    assert cells.getvalue().splitlines()[1:] == ["nan", "inf", "-inf", "-0.0", "1e-300"]


def test_the_command_writes_a_file_for_each_table(finished: Place) -> None:
    (finished.path / "tables").mkdir()
    wrote = finished.run("export", "--output", "tables", "--format", "jsonl", "--json")
    assert wrote.code == 0
    assert wrote.result == {
        "study": "studies/train",
        "files": [f"tables/train-{kind}.jsonl" for kind in ("trials", "measurements", "schedules")],
    }
    lines = (finished.path / "tables" / "train-trials.jsonl").read_text().splitlines()
    assert len(lines) == len(finished.trials())
    printed = finished.run("export", "--what", "trials", "--output", "-", "--format", "jsonl")
    assert printed.out.splitlines() == lines


@pytest.mark.parametrize(
    "mistaken",
    [
        ("--output", "-"),
        ("--output", "nowhere"),
        ("--output", "-", "--what", "trials", "--format", "parquet"),
    ],
)
def test_what_cannot_be_exported_is_a_usage_error(finished: Place, mistaken: tuple[str, ...]) -> None:
    refused = finished.run("export", *mistaken)
    assert (refused.code, refused.out) == (2, "")


def test_a_data_frame_has_the_tables_columns_and_types(client: Client) -> None:
    for kind in ("trials", "measurements", "schedules"):
        frame = client.to_dataframe("train", kind)
        rows = rows_of(client, kind)
        assert list(frame.columns) == list(rows[0])
        assert len(frame) == len(rows)
    frame = client.to_dataframe("train")
    assert frame["parent"].dtype == pd.Int64Dtype()
    assert frame["parameter.lr"].dtype == float
    assert isinstance(frame["create_time"].dtype, pd.DatetimeTZDtype)
    with pytest.raises(progenitor.UsageError, match="'schedules'"):
        client.to_dataframe("train", "trial")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["trials", "measurements", "schedules"])
def test_a_table_without_rows_has_the_columns_and_types_of_one_with_rows(
    client: Client, kind: Literal["trials", "measurements", "schedules"], tmp_path: Path
) -> None:
    empty = client.create_study("empty", client.get_study("train").spec)
    try:
        for name in ("csv", "parquet"):
            written(TABLES[kind](client, empty), name, tmp_path / f"empty.{name}")
            written(table_of(client, kind), name, tmp_path / f"full.{name}")
        frames = client.to_dataframe("empty", kind), client.to_dataframe("train", kind)
    finally:
        client.delete_study("empty")
    heads = [(tmp_path / f"{name}.csv").read_text().splitlines()[0] for name in ("empty", "full")]
    assert heads[0] == heads[1]
    assert pq.read_schema(tmp_path / "empty.parquet") == pq.read_schema(tmp_path / "full.parquet")
    assert frames[0].empty
    assert dict(frames[0].dtypes) == dict(frames[1].dtypes)


def test_what_cannot_be_written_is_an_error_that_names_the_file_and_leaves_nothing(
    finished: Place, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "train-trials.csv").mkdir()
    refused = finished.run("export", "--what", "trials", "--output", str(tmp_path))
    assert refused.code == 1
    assert "train-trials.csv cannot be written: Is a directory" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["train-trials.csv"]


def test_without_pandas_or_pyarrow_the_extra_is_named(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(progenitor.ProgenitorError, match=r"progenitor\[data\]"):
        client.to_dataframe("train")
    with pytest.raises(progenitor.ProgenitorError, match=r"progenitor\[data\]"):
        written(table_of(client, "trials"), "parquet", tmp_path / "table.parquet")
    assert list(tmp_path.iterdir()) == []


def test_the_names_of_programs_are_progenitors(client: Client) -> None:
    assert isinstance(client, progenitor.Client)
    trial = client.get_trial("train/1")
    assert trial.state == trial_pb2.TRIAL_STATE_COMPLETED
    values = progenitor.parameter_values(client.get_study("train"), trial)
    assert list(values) == ["lr", "width"]
    assert isinstance(values["lr"], float)
    assert isinstance(values["width"], int)
    assert set(api.__all__) == progenitor.PROGRAMS
    assert {"Client", "local", "Study", "run_session"} <= set(dir(progenitor))


def test_a_name_that_is_not_there_loads_nothing_of_the_command_line() -> None:
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            "import progenitor as p, sys; print(hasattr(p, '__wrapped__'), 'progenitor_cli' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert asked.stdout.split() == ["False", "False"]
