"""How numbers, times, trials and tables read in a terminal."""

from __future__ import annotations  # enums have a ValueType for type checkers only

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC

from google.protobuf.timestamp_pb2 import Timestamp

from progenitor.v1 import study_pb2, trial_pb2

from ..calls.values import Value

BARS = "▁▂▃▄▅▆▇█"


def number(value: float) -> str:
    return f"{value:.4g}"


def cell(shown: Value) -> str:
    return number(shown) if isinstance(shown, float) else str(shown)


def metrics(values: Mapping[str, float], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {number(values[name])}" for name in names if name in values)


def trial_state(state: trial_pb2.TrialState.ValueType) -> str:
    return trial_pb2.TrialState.Name(state).removeprefix("TRIAL_STATE_").lower()


def study_state(state: study_pb2.StudyState.ValueType) -> str:
    return study_pb2.StudyState.Name(state).removeprefix("STUDY_STATE_").lower()


def seconds(length: float) -> str:
    """`4 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`."""
    whole = round(length)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def size(length: int) -> str:
    """`512 B`, `1.5 KiB`, `20 GiB`."""
    amount = float(length)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} TiB"


def moment(time: Timestamp) -> str:
    """`2025-03-01 12:30:05`, in the reader's time zone."""
    return time.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def sparkline(history: Sequence[float], width: int) -> str:
    """The last values, from the least to the greatest of them; what is not finite is a gap."""
    shown = history[-width:]
    finite = [entry for entry in shown if math.isfinite(entry)]
    if not finite:
        return ""
    least, span = min(finite), max(finite) - min(finite)

    def bar(entry: float) -> str:
        if not math.isfinite(entry):
            return " "
        return BARS[round((entry - least) / span * (len(BARS) - 1))] if span else BARS[0]

    return "".join(map(bar, shown))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "  ") -> str:
    """Aligned columns, never wrapped: what is piped on keeps one row a line."""
    lines = [list(heads), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        indent + "  ".join(entry.ljust(width) for entry, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
