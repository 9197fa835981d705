"""Draws who copied whom: a study's trials as a picture (SVG) on standard output.

    progenitor trials --json | python docs/lineages.py lr accuracy > docs/lineages.svg

Every bar is a trial, every row a member of the population. The colour is a hyperparameter (on a log scale if
all its values are positive), a curve is a copy of a checkpoint from one member to another, and the dark path
is the lineage of the trial with the greatest metric: the schedule that came out.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

LEFT, TOP, WIDTH = 92, 44, 880  # pixels
ROW, BAR = 36, 22
GAP = 0.44  # of a generation's width
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
        path = lineage(self.trials)
        bottom = TOP + ROW * (max(trial.member for trial in self.trials) + 1)
        height = bottom + 66
        best = max(self.trials, key=lambda trial: trial.metric)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 24} {height}" {FONT}>',
            "<title>The lineages of a population</title>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            text(LEFT, 24, f"How the best trial came about ({escape(self.metric)} {best.metric:.4g})"),
            *self.curves(path),
            *self.bars(scale, path),
            *self.axis(bottom + 16),
            *self.legend(scale, height - 16),
            "</svg>",
        ]
        return "\n".join(parts)

    def column(self) -> float:
        return WIDTH / (1 - GAP + max(trial.generation for trial in self.trials))

    def left(self, generation: int) -> float:
        return LEFT + self.column() * generation

    def right(self, generation: int) -> float:
        return self.left(generation) + self.column() * (1 - GAP)

    def bars(self, scale: Scale, path: set[str]) -> list[str]:
        members = sorted({trial.member for trial in self.trials})
        bars = [text(LEFT - 10, middle(m) + 4, f"member {m}", anchor="end") for m in members]
        for trial in self.trials:
            left, right = self.left(trial.generation), self.right(trial.generation)
            frame = f' stroke="{INK}" stroke-width="3"' if trial.name in path else ""
            told = f"{self.parameter} {trial.value:.3g}, {self.metric} {trial.metric:.4g}"
            bars.append(
                f'<rect x="{left:.1f}" y="{middle(trial.member) - BAR // 2}" width="{right - left:.1f}" '
                f'height="{BAR}" rx="4" fill="{colour(scale.share(trial.value))}"{frame}>'
                f"<title>{escape(told)}</title></rect>"
            )
        return bars

    def curves(self, path: set[str]) -> list[str]:
        """From each parent in another row to its child, below the bars; the path's own on top, whole."""
        known = {trial.name: trial for trial in self.trials}
        born = [(known[trial.parent], trial) for trial in self.trials if trial.parent in known]
        copies = [pair for pair in born if pair[0].member != pair[1].member]
        return [
            *(
                self.curve(*pair, f'stroke="{COPY}" stroke-width="1.5" stroke-opacity="0.35"')
                for pair in copies
            ),
            *(self.curve(*pair, f'stroke="{INK}" stroke-width="3"') for pair in born if pair[1].name in path),
            *(
                self.curve(*pair, f'stroke="{COPY}" stroke-width="4"')
                for pair in copies
                if pair[1].name in path
            ),
        ]

    def curve(self, parent: Trial, child: Trial, style: str) -> str:
        ax, ay = self.right(parent.generation), middle(parent.member)
        bx, by = self.left(child.generation), middle(child.member)
        bend = self.column() * GAP * 0.7
        curve = f"M{ax:.1f} {ay} C{ax + bend:.1f} {ay} {bx - bend:.1f} {by} {bx:.1f} {by}"
        return f'<path d="{curve}" fill="none" {style}/>'

    def axis(self, y: int) -> list[str]:
        generations = sorted({trial.generation for trial in self.trials})
        every = math.ceil(len(generations) / 20)
        return [
            text((self.left(g) + self.right(g)) / 2, y, f"{g}", anchor="middle") for g in generations[::every]
        ] + [text(LEFT - 10, y, "generation", anchor="end")]

    def legend(self, scale: Scale, y: int) -> list[str]:
        """The colours' scale at the left, what the lines are at the right."""
        name = f"{escape(self.parameter)}{', logarithmic:' if scale.log else ':'} {scale.low:.2g}"
        begin = LEFT + round(7.4 * len(name)) + 8  # as wide as the fonts make it, about
        boxes = [
            f'<rect x="{begin + place * 6}" y="{y - 11}" width="6.5" height="13" fill="{colour(place / 23)}"/>'
            for place in range(24)
        ]
        lines = LEFT + WIDTH - 458
        return [
            text(begin - 8, y, name, anchor="end"),
            *boxes,
            text(begin + 24 * 6 + 8, y, f"{scale.high:.2g}"),
            line(lines, y - 5, f'stroke="{INK}" stroke-width="3"'),
            text(lines + 38, y, "path to the best"),
            line(lines + 180, y - 5, f'stroke="{COPY}" stroke-width="4"'),
            text(lines + 218, y, "went on from another's checkpoint"),
        ]


def middle(member: int) -> int:
    return TOP + member * ROW + ROW // 2


def line(x: float, y: float, style: str) -> str:
    return f'<path d="M{x:.0f} {y:.0f} h30" {style}/>'


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
