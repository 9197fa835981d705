"""Rows as a pandas DataFrame."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .errors import DataMissing
from .rows import Row

if TYPE_CHECKING:
    import pandas as pd


def frame(rows: Iterable[Row]) -> "pd.DataFrame":
    """Whole numbers that may be missing are of pandas' type Int64. Raises DataMissing without pandas."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise DataMissing(error.name or "pandas") from error
    return pd.DataFrame.from_records(list(rows)).convert_dtypes(
        convert_string=False, convert_boolean=False, convert_floating=False
    )
