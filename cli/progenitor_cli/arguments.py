"""Arguments that several commands take, each defined once."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = Path(".progenitor")

StudyArgument = Annotated[
    str | None,
    typer.Argument(metavar="STUDY", help="May be left out if there is only one.", show_default=False),
]
TrialArgument = Annotated[
    str,
    typer.Argument(
        metavar="TRIAL",
        help="STUDY/NUMBER, such as digits/7; NUMBER alone if there is only one study.",
        show_default=False,
    ),
]
ControllerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--controller",
        help="A controller's address, HOST:PORT; again, or after commas, for others. Default: the variable "
        "PROGENITOR_CONTROLLER.",
        show_default=False,
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="Instead of a controller: sqlite:///PATH or postgresql://…",
        show_default=False,
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        help="Instead of both: the folder of a run. Default: .progenitor, if PROGENITOR_CONTROLLER is not set.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
