"""Show population-based training at work, on the toy problem of the paper that introduced it.

Two members seek the greatest Q(θ) = 1.2 − θ0² − θ1² from θ = (0.9, 0.9), but are trained on
1.2 − (h0·θ0² + h1·θ1²), one with h = (0, 1), the other with h = (1, 0), so that each alone moves one of the two
numbers only (Jaderberg et al. 2017, figure 2). Four studies are trained by a real controller and real workers:

grid: nothing is copied, h never changes;
explore only: nothing is copied, h changes after every trial;
exploit only: the better weights are copied, h never changes;
PBT: both.

The best Q of each is printed, and a figure shows the way that θ took. About ten seconds. With several seeds the scores
are means, and the figure is of the first. Without --dir everything but the figure is gone afterwards; with it
`progenitor status` and the other commands can look at the studies, and the same demo goes on where it was ended.

With --json, standard output is one line: {"grid", "explore_only", "exploit_only", "pbt"}, and no figure is drawn
unless --figure asks for it.

Exit codes: 0 all studies are completed; 1 one failed, or no worker can go on; 2 a mistake on the command line; 130
ended by Ctrl-C and 143 by SIGTERM.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import UsageError

EXAMPLES = """\
progenitor demo
progenitor demo --seeds 50 --json
progenitor demo --inheritance full --figure full.png
"""
DEFAULT_FIGURE = Path("demo.png")
MOST_ETA = 0.5


class Inherited(StrEnum):
    WEIGHTS = "weights"
    FULL = "full"


INHERITANCE: dict[Inherited, Literal["weights", "weights_and_parameters"]] = {
    Inherited.WEIGHTS: "weights",
    Inherited.FULL: "weights_and_parameters",
}


def command(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How often each mode is trained, with seeds 1, 2, …")] = 1,
    inheritance: Annotated[
        Inherited, typer.Option(help="What a copy takes: the weights, or h too (full).")
    ] = Inherited.WEIGHTS,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps of each member.")] = 75,
    ready_every: Annotated[int, typer.Option(min=1, help="Steps per trial.")] = 1,
    eta: Annotated[float, typer.Option(help="The step size, more than 0 and at most 0.5.")] = 0.01,
    figure: Annotated[
        Path | None,
        typer.Option(help="Where the figure goes; default: demo.png.", show_default=False),
    ] = None,
    no_figure: Annotated[bool, typer.Option("--no-figure", help="Draw none.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, help="Workers, each with a study of its own; default: two per core.", show_default=False
        ),
    ] = None,
    dir_: Annotated[
        Path | None, typer.Option("--dir", help="Keep everything in this folder.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as one line of JSON.")] = False,
) -> None:
    from ..demo.figure import draw, figure_file
    from ..demo.modes import Settings
    from ..demo.run import Demo, run
    from ..demo.scores import json_line, text

    if no_figure and figure is not None:
        raise UsageError("--figure and --no-figure exclude each other.")
    settings = Settings(steps, ready_every, step_size(eta), INHERITANCE[inheritance])
    drawn = None if no_figure or (json and figure is None) else figure_file(figure or DEFAULT_FIGURE)
    out = sys.stderr if json else sys.stdout
    outcome = run(Demo(settings, seeds, workers, dir_, drawn), out)
    print(json_line(outcome.scores) if json else text(outcome.scores), flush=True)
    if drawn is not None:
        draw(outcome.columns, drawn)
        print(f"Figure: {drawn}", file=out, flush=True)


def step_size(eta: float) -> float:
    """Above 0.5 a step with h = 1 would go beyond the optimum."""
    if not 0.0 < eta <= MOST_ETA:
        raise UsageError(f"--eta must be more than 0 and at most {MOST_ETA}, it is {eta}.")
    return eta
