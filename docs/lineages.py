"""Draws who copied whom: a study's trials as a picture (SVG) on standard output.

    progenitor trials digits --json | python docs/lineages.py lr accuracy > docs/lineages.svg

Every bar is a trial, every row a member of the population. The colour is a hyperparameter (on a log scale if
all its values are positive), a curve is a copy of a checkpoint from one member to another, and the dark frames
are the lineage of the trial with the greatest metric: the schedule that came out.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEFT, TOP, WIDTH = 92, 46, 880  # pixels
ROW, BAR = 38, 22
COLOURS = (
    (68, 1, 84),
    (59, 82, 139),
    (33, 145, 140),
    (94, 201, 98),
    (253, 231, 37),
)  # viridis, dark to light
INK, COPY, PAPER = "#1f2430", "#e4572e", "#ffffff"
FONT = f'font-family="system-ui, DejaVu Sans, sans-serif" font-size="13" fill="{INK}"'


@dataclass(frozen=True, slots=True)
class Trial:
    name: str
    parent: str
    member: int
    generation: int
    value: float
    metric: float


def read(lines: Iterable[str], parameter: str, metric: str) -> list[Trial]:
    """The completed trials; raises KeyError for a name that they do not have."""
    trials = map(json.loads, lines)
    return [
        Trial(
            name=trial["name"],
            parent=trial["parent"],
            member=trial["member"],
            generation=trial["generation"],
            value=float(next(iter(trial["parameters"][parameter].values()))),
            metric=float(trial["measurement"]["metrics"][metric]),
        )
        for trial in trials
        if trial["state"] == "TRIAL_STATE_COMPLETED"
    ]


def lineage(trials: Sequence[Trial]) -> set[str]:
    """The trial with the greatest metric, its parent, and so on."""
    known = {trial.name: trial for trial in trials}
    found: set[str] = set()
    newest: Trial | None = max(trials, key=lambda trial: trial.metric)
    while newest is not None:
        found.add(newest.name)
        newest = known.get(newest.parent)
    return found


def colour(share: float) -> str:
    """A colour of the scale, for a share from 0 to 1."""
    place = min(max(share, 0.0), 1.0) * (len(COLOURS) - 1)
    below = min(int(place), len(COLOURS) - 2)
    pairs = zip(COLOURS[below], COLOURS[below + 1], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - below)):02x}" for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    log: bool

    def share(self, value: float) -> float:
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return 0.5 if high == low else (at - low) / (high - low)


@dataclass(frozen=True, slots=True)
class Picture:
    trials: Sequence[Trial]
    parameter: str
    metric: str

    def draw(self) -> str:
        values = [trial.value for trial in self.trials]
        scale = Scale(min(values), max(values), log=min(values) > 0)
        rows = max(trial.member for trial in self.trials) + 1
        height = TOP + rows * ROW + 62
        framed = f"Framed: the lineage of the best trial ({self.metric} {self.best().metric:.4g})."
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 24} {height}" {FONT}>',
            "<title>The lineages of a population</title>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            text(
                LEFT,
                24,
                f"A bar is a trial, a row a member. Orange: it goes on from another's checkpoint. {framed}",
            ),
            *self.bars(scale),
            *self.copies(),
            *self.axis(TOP + rows * ROW),
            *self.legend(scale, height - 20),
            "</svg>",
        ]
        return "\n".join(parts)

    def best(self) -> Trial:
        return max(self.trials, key=lambda trial: trial.metric)

    def x(self, generation: int) -> float:
        return LEFT + WIDTH * generation / (1 + max(trial.generation for trial in self.trials))

    def bars(self, scale: Scale) -> list[str]:
        framed = lineage(self.trials)
        members = sorted({trial.member for trial in self.trials})
        bars = [text(LEFT - 10, middle(m) + 4, f"member {m}", anchor="end") for m in members]
        for trial in self.trials:
            left, right = self.x(trial.generation) + 3, self.x(trial.generation + 1) - 3
            frame = f' stroke="{INK}" stroke-width="3"' if trial.name in framed else ""
            bars.append(
                f'<rect x="{left:.1f}" y="{middle(trial.member) - BAR / 2:.1f}" width="{right - left:.1f}" '
                f'height="{BAR}" rx="4" fill="{colour(scale.share(trial.value))}"{frame}>'
                f"<title>{self.parameter} {trial.value:.3g}, {self.metric} {trial.metric:.4g}</title></rect>"
            )
        return bars

    def copies(self) -> list[str]:
        known = {trial.name: trial for trial in self.trials}
        curves = []
        for trial in self.trials:
            parent = known.get(trial.parent)
            if parent is None or parent.member == trial.member:
                continue
            ax, ay = self.x(parent.generation + 1) - 5, middle(parent.member)
            bx, by = self.x(trial.generation) + 5, middle(trial.member)
            bend = 14 + (bx - ax) / 2
            curve = f"M{ax:.1f} {ay} C{ax + bend:.1f} {ay} {bx - bend:.1f} {by} {bx:.1f} {by}"
            curves += [
                f'<path d="{curve}" fill="none" stroke="{COPY}" stroke-width="2"/>',
                f'<circle cx="{bx:.1f}" cy="{by}" r="3.5" fill="{COPY}"/>',
            ]
        return curves

    def axis(self, y: int) -> list[str]:
        generations = sorted({trial.generation for trial in self.trials})
        every = math.ceil(len(generations) / 20)
        return [text(self.x(g) + 4, y + 14, f"{g}") for g in generations[::every]]

    def legend(self, scale: Scale, y: int) -> list[str]:
        stops = [colour(place / 23) for place in range(24)]
        boxes = [
            f'<rect x="{LEFT + 90 + place * 8}" y="{y - 11}" width="8.5" height="13" fill="{shade}"/>'
            for place, shade in enumerate(stops)
        ]
        return [
            text(LEFT + 82, y, f"{self.parameter}  {scale.low:.2g}", anchor="end"),
            *boxes,
            text(LEFT + 90 + 24 * 8 + 8, y, f"{scale.high:.2g}"),
            text(LEFT + WIDTH, y, "generation →", anchor="end"),
        ]


def middle(member: int) -> int:
    return TOP + member * ROW + ROW // 2


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{words}</text>'


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parameter", help="the hyperparameter that is shown as a colour")
    parser.add_argument("metric", help="the metric that says which trial is the best: the greatest")
    options = parser.parse_args()
    trials = read(sys.stdin, options.parameter, options.metric)
    if not trials:
        parser.error("no completed trial was given")
    print(Picture(trials, options.parameter, options.metric).draw())


if __name__ == "__main__":
    main()
