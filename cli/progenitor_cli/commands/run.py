"""Train the study of FILE on this machine.

The result is the best trial, its checkpoint and its schedule of hyperparameters. Everything is kept in .progenitor/
of the working directory. Run again, it goes on where it stopped; a finished study's result is shown at once. A larger
budget in FILE makes it go on. Any other change is refused with what differs: --fresh starts another study beside it
(name-2, name-3, …). Later runs go on with the newest study that FILE describes.

With --json, standard output is one line: {"study", "best", "population"}, each trial with "trial", "metrics",
"parameters" and "checkpoint"; a metric that is not finite is null. Nothing is printed there unless the study ended.

Exit codes: 0 the study is completed; 1 it failed, or cannot go on; 2 a mistake in FILE or on the command line; 130
ended by Ctrl-C and 143 by SIGTERM, what was trained being saved (a second signal ends at once).
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..folder import folder_at, held

EXAMPLES = """\
progenitor run train.py
progenitor run train.py --workers 4 --json
progenitor run study.py --command "node train.mjs"
"""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A Python file with a study and train.", show_default=False)
    ],
    *,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Workers; default: one per GPU, else per core.", show_default=False),
    ] = None,
    dir_: Annotated[Path, typer.Option("--dir", help="Where everything is kept.")] = Path(".progenitor"),
    database: Annotated[
        str | None,
        typer.Option(help="Another database: sqlite:///PATH or postgresql://…", show_default=False),
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="Another folder for checkpoints.", show_default=False)
    ] = None,
    train_command: Annotated[
        str,
        typer.Option(
            "--command", help="A shell command that trains instead of FILE's train.", show_default=False
        ),
    ] = "",
    study: Annotated[
        str | None,
        typer.Option(help="Train this study, made by `create`, instead of FILE's own.", show_default=False),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start a new study beside those there are.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")] = False,
) -> None:
    from progenitor_worker.process import Program

    from ..text.report import result_text
    from ..text.result import json_line, result_of
    from ..training import studies
    from ..training.ending import Ending
    from ..training.local import completed, serving, trained
    from ..training.training import loading, source_file, wish_of

    def say(text: str) -> None:
        print(text, file=sys.stderr if json else sys.stdout, flush=True)

    source = source_file(file)
    folder = folder_at(dir_)
    program = Program(source, train_command)
    with ExitStack() as stack:
        ending = stack.enter_context(Ending())
        holding = stack.enter_context(ExitStack())
        holding.enter_context(held(folder, f"run {file}"))
        # The user's file loads while the controller starts.
        trainer = loading(program, folder.logs / "trainer-0.log")
        stack.callback(trainer.kill)
        here = stack.enter_context(serving(folder, database, store, holding))
        wish, _ = wish_of(trainer, source)
        found = studies.wanted(here, wish, study, fresh=fresh, notice=say)
        trained(here, found, program, trainer, workers=workers, ending=ending, to_stderr=json)
        result = result_of(here, found.name, here.store)
        print(json_line(result) if json else result_text(result, "" if study else file.name), flush=True)
        completed(here, found.name)
