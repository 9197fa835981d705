"""Rows as text or as files: CSV, JSON lines, Parquet."""

import csv
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from ..errors import DataMissing
from .rows import Cell, Row

INTERVAL = 2.0
"""Seconds between two looks at how many rows there are."""


def as_csv(rows: Iterable[Row], out: TextIO) -> None:
    """With a line of names; what is missing is empty, numbers that are not finite are nan, inf and -inf."""
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: csv_cell(cell) for name, cell in row.items()})


def as_json_lines(rows: Iterable[Row], out: TextIO) -> None:
    """What is missing is null, numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity"."""
    for row in rows:
        cells = {name: json_cell(cell) for name, cell in row.items()}
        out.write(json.dumps(cells, ensure_ascii=False, allow_nan=False) + "\n")


def as_parquet(rows: Iterable[Row], path: Path) -> None:
    """Raises DataMissing without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise DataMissing(error.name or "pyarrow") from error
    pq.write_table(pa.Table.from_pylist(list(rows)), path)


def written(rows: Iterable[Row], kind: str, path: Path) -> None:
    """A whole file or none: it is made beside its place and moved there."""
    partly = path.with_name(f"{path.name}.partly")
    try:
        if kind == "parquet":
            as_parquet(rows, partly)
        else:
            with partly.open("w", encoding="utf-8", newline="") as out:
                (as_csv if kind == "csv" else as_json_lines)(rows, out)
        partly.replace(path)
    finally:
        partly.unlink(missing_ok=True)


def counted(rows: Iterable[Row], say: Callable[[str], None]) -> Iterator[Row]:
    """The same rows; how many there were is said every few seconds."""
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
