"""The best Q of each mode, over the seeds."""

import json
from collections.abc import Mapping, Sequence
from statistics import mean, stdev

from .modes import MODES, Mode
from .quadratic import BEST_POSSIBLE

Scores = Mapping[Mode, Sequence[float]]


def json_line(scores: Scores) -> str:
    """Means over the seeds: `{"grid": …, "explore_only": …, "exploit_only": …, "pbt": …}`."""
    return json.dumps({mode.key: mean(scores[mode]) for mode in MODES})


def text(scores: Scores) -> str:
    seeds = len(scores[MODES[0]])
    over = f", mean of {seeds} seeds ± standard deviation" if seeds > 1 else ""
    heading = f"Best Q (at most {BEST_POSSIBLE}{over})"
    return "\n".join([heading, *(f"  {mode.title:<14}{score_text(scores[mode])}" for mode in MODES)])


def score_text(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):.4f}{spread}"
