"""One small panel for each hyperparameter: its value over the steps."""

from matplotlib.axes import Axes

from .lines import Line, draw_lines, draw_winner
from .records import Kind, Parameter, StudyData, Trial
from .style import OTHER, strength
from .words import shortened

MOST_WITH_IMMUTABLE = 8
"""Hyperparameters; of more only those are drawn that can change."""
MOST_LABELS = 8
SPREAD = 0.6
"""Members with one value lie side by side, over so much of a place's height."""


def shown(data: StudyData) -> tuple[Parameter, ...]:
    """Those that can change, and, if they are few, those that cannot."""
    mutable = tuple(parameter for parameter in data.parameters if not parameter.immutable)
    if len(data.parameters) <= MOST_WITH_IMMUTABLE or not mutable:
        return data.parameters
    return mutable


def draw_schedule(axes: Axes, data: StudyData, parameter: Parameter) -> None:
    others = [beside(data, trial, parameter) for trial in data.trials]
    draw_lines(axes, others, OTHER, strength(data), zorder=2)
    draw_winner(axes, [point for trial in data.path for point in level(trial, parameter)])
    axes.set_title(heading(parameter), loc="left")
    if parameter.kind is Kind.PLACES:
        label_places(axes, parameter)
        return
    values = [value for line in others for _, value in line]
    if parameter.kind is Kind.LOG:
        axes.set_yscale("log")
        axes.set_ylim(min(values) / 1.3, max(values) * 1.3)
        return
    least, most = min(values), max(values)
    margin = 0.06 * (most - least) or 0.06 * abs(most) or 0.5
    axes.set_ylim(least - margin, most + margin)


def level(trial: Trial, parameter: Parameter) -> Line:
    at = parameter.at(trial.parameters[parameter.name])
    return ((trial.start, at), (trial.end, at))


def beside(data: StudyData, trial: Trial, parameter: Parameter) -> Line:
    """Level, beside those of other members that have the same of a few values."""
    if parameter.kind is not Kind.PLACES:
        return level(trial, parameter)
    aside = SPREAD * (trial.member / max(1, data.members - 1) - 0.5)
    return [(step, at + aside) for step, at in level(trial, parameter)]


def label_places(axes: Axes, parameter: Parameter) -> None:
    every = -(-len(parameter.places) // MOST_LABELS)
    ticks = range(0, len(parameter.places), every)
    axes.set_yticks(list(ticks), [label(parameter.places[tick]) for tick in ticks])
    axes.set_ylim(-0.6, len(parameter.places) - 0.4)


def label(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else shortened(str(value), 10)


def heading(parameter: Parameter) -> str:
    return (
        f"{shortened(parameter.name, 18)} (immutable)"
        if parameter.immutable
        else shortened(parameter.name, 30)
    )
