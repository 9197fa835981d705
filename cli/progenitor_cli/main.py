"""The command line's entry: names the commands, and turns what stops one into a message and an exit code."""

import importlib.metadata
import sys
from typing import Annotated

import typer

from .commands import health, migrate, run, serve, status, trials, work
from .errors import CliError

app = typer.Typer(
    name="progenitor",
    help="Population-based training as a service: a population trains a model and finds its hyperparameter schedule.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
COMMANDS = {
    "run": run,
    "serve": serve,
    "work": work,
    "status": status,
    "trials": trials,
    "health": health,
    "migrate": migrate,
}
for name, module in COMMANDS.items():
    app.command(name, help=module.__doc__)(module.command)


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"progenitor {importlib.metadata.version('progenitor')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    pass


def main() -> None:
    try:
        app()
    except CliError as error:
        print(f"progenitor: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
