"""Rows as text or as files: CSV, JSON lines, Parquet."""

import csv
import json
import math
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from ..errors import DataMissing
from ..whole_file import whole_file
from .study_tables import Cell, Row, Table

BATCH = 10_000
"""Rows that are written at once."""
INTERVAL = 2.0
"""Seconds between two looks at how many rows there are."""


def as_csv(table: Table, out: TextIO) -> None:
    """With a line of names; what is missing is empty, numbers that are not finite are nan, inf and -inf."""
    writer = csv.DictWriter(out, list(table.columns), lineterminator="\n")
    writer.writeheader()
    for row in table.rows:
        writer.writerow({name: csv_cell(cell) for name, cell in row.items()})


def as_json_lines(table: Table, out: TextIO) -> None:
    """What is missing is null, numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity"."""
    for row in table.rows:
        cells = {name: json_cell(cell) for name, cell in row.items()}
        out.write(json.dumps(cells, ensure_ascii=False, allow_nan=False) + "\n")


def as_parquet(table: Table, path: Path) -> None:
    """Raises DataMissing without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise DataMissing(error.name or "pyarrow") from error
    types = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in table.columns.items()])
    with pq.ParquetWriter(path, schema) as writer:
        for rows in batched(table.rows, BATCH):
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema))


def written(table: Table, kind: str, path: Path) -> None:
    """Raises NotWritten; then there is no file, or the one that there was."""
    with whole_file(path) as partly:
        if kind == "parquet":
            as_parquet(table, partly)
            return
        with partly.open("w", encoding="utf-8", newline="") as out:
            (as_csv if kind == "csv" else as_json_lines)(table, out)


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch


def counted(table: Table, say: Callable[[str], None]) -> Table:
    """The same; how many rows there were is said every few seconds."""
    return Table(table.columns, counted_rows(table.rows, say))


def counted_rows(rows: Iterator[Row], say: Callable[[str], None]) -> Iterator[Row]:
    said = time.monotonic()
    for number, row in enumerate(rows, start=1):
        yield row
        if time.monotonic() - said > INTERVAL:
            said = time.monotonic()
            say(f"  {number:,} rows")


def csv_cell(cell: Cell) -> Cell:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def json_cell(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, float) and not math.isfinite(cell):
        return "NaN" if math.isnan(cell) else "Infinity" if cell > 0 else "-Infinity"
    return cell
