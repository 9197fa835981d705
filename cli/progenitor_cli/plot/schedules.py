"""One small panel for each hyperparameter: its value over the steps."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from .lines import Line, draw_lines, draw_winner
from .records import Kind, Parameter, StudyData, Trial
from .style import OTHER, strength
from .words import shortened

MOST_WITH_IMMUTABLE = 8
"""Hyperparameters; of more only those are drawn that can change."""
MOST_LABELS = 12
SPREAD = 0.6
"""Members with one value lie side by side, over so much of a place's height."""


def shown(data: StudyData) -> tuple[Parameter, ...]:
    """Those that can change, and, if they are few, those that cannot."""
    mutable = tuple(parameter for parameter in data.parameters if not parameter.immutable)
    if len(data.parameters) <= MOST_WITH_IMMUTABLE or not mutable:
        return data.parameters
    return mutable


def draw_schedule(axes: Axes, data: StudyData, parameter: Parameter) -> None:
    others = [steps_of(data, trial, parameter) for trial in data.trials]
    draw_lines(axes, others, OTHER, strength(data), zorder=2)
    draw_winner(axes, [point for trial in data.path for point in level(data, trial, parameter)])
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


def steps_of(data: StudyData, trial: Trial, parameter: Parameter) -> Line:
    """Down or up from the parent's value, then level."""
    own = level(data, trial, parameter)
    parent = None if trial.parent is None else data.by_number[trial.parent]
    if not own or parent is None or parent.member != trial.member:
        return own
    before = level(data, parent, parameter)
    return (*([(trial.start, before[0][1])] if before else []), *own)


def level(data: StudyData, trial: Trial, parameter: Parameter) -> Sequence[tuple[float, float]]:
    if parameter.name not in trial.parameters:
        return ()
    at = parameter.at(trial.parameters[parameter.name])
    if parameter.kind is Kind.PLACES:
        at += SPREAD * (trial.member / max(1, data.members - 1) - 0.5)
    return ((trial.start, at), (trial.end, at))


def label_places(axes: Axes, parameter: Parameter) -> None:
    every = -(-len(parameter.places) // MOST_LABELS)
    ticks = range(0, len(parameter.places), every)
    axes.set_yticks(list(ticks), [label(parameter.places[tick]) for tick in ticks])
    axes.set_ylim(-0.6, len(parameter.places) - 0.4)


def label(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else shortened(str(value), 10)


def heading(parameter: Parameter) -> str:
    return (
        f"{shortened(parameter.name, 18)} (immutable)"
        if parameter.immutable
        else shortened(parameter.name, 30)
    )
