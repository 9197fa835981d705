"""Rows as a pandas DataFrame."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import DataMissing
from .rows import Row

if TYPE_CHECKING:
    import pandas as pd

MAY_BE_MISSING = ("parent", "second_parent", "initiator", "opponent", "checkpoint_step", "checkpoint_bytes")


def frame(rows: Iterable[Row]) -> "pd.DataFrame":
    """Whole numbers that may be missing have pandas' type Int64. Raises DataMissing without pandas."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise DataMissing(error.name or "pandas") from error
    made = pd.DataFrame.from_records(list(rows))
    return made.astype({name: "Int64" for name in MAY_BE_MISSING if name in made.columns})
