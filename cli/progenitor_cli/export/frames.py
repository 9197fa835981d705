"""Tables as pandas DataFrames."""

from typing import TYPE_CHECKING

from ..errors import DataMissing
from .study_tables import Kind, Table

if TYPE_CHECKING:
    import pandas as pd

TYPES: dict[Kind, str] = {
    "text": "object",
    "whole": "Int64",
    "number": "float64",
    "flag": "bool",
    "moment": "datetime64[us, UTC]",
}
"""Pandas' names. Whole numbers may be missing, as the parent of a first trial is."""


def frame(table: Table) -> "pd.DataFrame":
    """Raises DataMissing without pandas."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise DataMissing(error.name or "pandas") from error
    made = pd.DataFrame.from_records(list(table.rows), columns=list(table.columns))
    return made.astype({name: TYPES[kind] for name, kind in table.columns.items()})
