"""Where the panels lie on the sheet, in inches from its upper left corner.

The places are worked out here because matplotlib's own layouts measure every text, which takes seconds, and give way
where labels are long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

WIDTH = 10.0
LEFT, RIGHT = 0.8, 0.2  # margins; the left one has room for an axis's labels
FULL = WIDTH - LEFT - RIGHT
HEADLINE, LEGEND_ROW = 0.6, 0.24
TITLE = 0.34  # above a panel
STEPS = 0.52  # below a panel: its numbers, and what they are
NUMBERS = 0.24  # below a panel: its numbers only
BETWEEN = 0.85  # columns, with room for an axis's numbers
FITNESS, SCHEDULE, TOTAL_ROW = 2.9, 1.25, 0.3
TIMES_SHARE = 0.3  # of the width, beside the members


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def on(self, height: float) -> tuple[float, float, float, float]:
        """Left, bottom, width, height as shares of a sheet of that height, as matplotlib has them."""
        return self.left / WIDTH, 1 - self.bottom / height, self.width / WIDTH, self.height / height


@dataclass(frozen=True, slots=True)
class Layout:
    fitness: Box
    schedules: tuple[Box, ...]
    columns: int
    members: Box
    times: Box
    total: Box

    @property
    def height(self) -> float:
        return self.total.bottom + STEPS + 0.03


def layout_for(*, schedules: int, members: int, legend_rows: int, time_rows: int) -> Layout:
    fitness = Box(LEFT, HEADLINE + LEGEND_ROW * legend_rows + TITLE, FULL, FITNESS)
    columns = columns_for(schedules)
    grid = tuple(boxes(fitness.bottom + STEPS + TITLE, schedules, columns))
    top = max((box.bottom for box in grid), default=fitness.bottom) + STEPS + TITLE
    times_width = TIMES_SHARE * FULL
    rows = Box(LEFT, top, FULL - times_width - 0.2, min(3.4, 0.5 + 0.17 * members))
    times = Box(rows.left + rows.width + 0.2, top, times_width, rows.height)
    total = Box(LEFT, rows.bottom + STEPS + TITLE, FULL, TOTAL_ROW * time_rows)
    return Layout(fitness, grid, columns, rows, times, total)


def columns_for(panels: int) -> int:
    return max(1, panels) if panels <= 3 else 2 if panels == 4 else 3


def boxes(top: float, panels: int, columns: int) -> Iterator[Box]:
    width = (FULL - BETWEEN * (columns - 1)) / columns
    for panel in range(panels):
        row, column = divmod(panel, columns)
        yield Box(
            LEFT + column * (width + BETWEEN), top + row * (SCHEDULE + NUMBERS + TITLE), width, SCHEDULE
        )
