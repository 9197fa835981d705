"""Check whether FILE can be trained as a population.

A few tiny sessions run in one process: fresh ones, and ones that go on from their checkpoint with other
hyperparameters. What the training code does wrong is told, with what to change: it never looks at session.warm_start;
what is restored is not what was saved; the optimizer keeps its parent's hyperparameters; a checkpoint cannot be
loaded, or runs code when it is. What cannot be seen is told too, and is no mistake. At the end stand the time of a
step and the size of a checkpoint: a trial should train much longer than it saves and restores.

What FILE prints goes to standard error. With --json, standard output is one line: {"file", "ok", "findings",
"seconds_per_step", "checkpoint_bytes"}, each finding with "check", "result" ("passed", "failed" or "unseen") and
"message".

Exit codes: 0 nothing must change; 1 something must change; 2 a mistake on the command line.
"""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = """\
progenitor check train.py
progenitor check train.py --steps 50 --json
progenitor check study.py --command ./train.sh
"""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A Python file with a study and train.", show_default=False)
    ],
    *,
    steps: Annotated[int, typer.Option(min=1, help="Steps of a session, at most those of a trial.")] = 2,
    tolerance: Annotated[
        float, typer.Option(min=0.0, help="How far, relatively, a restored score may be off.")
    ] = 1e-4,
    train_command: Annotated[
        str,
        typer.Option(
            "--command", help="A shell command that trains instead of FILE's train.", show_default=False
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the result as one line of JSON.")] = False,
) -> None:
    import sys
    from tempfile import TemporaryDirectory

    from progenitor_worker.checking.check import CheckOptions, check

    from ..text.check_report import json_line, text
    from ..training.checked import in_child
    from ..training.training import source_file

    source = source_file(file)
    sys.argv = [str(source)]  # as its own process would have it
    with TemporaryDirectory(prefix="progenitor-check-", ignore_cleanup_errors=True) as folder:
        options = CheckOptions(source, Path(folder), steps, tolerance, train_command)
        report = in_child(lambda: check(options))
    print(json_line(file, report) if json else text(file, report), flush=True)
    if not report.ok:
        raise typer.Exit(1)
