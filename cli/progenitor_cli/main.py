"""The command line's entry: names the commands, and turns what stops one into a message and an exit code."""

import errno
import io
import os
import sys
import textwrap
from types import ModuleType
from typing import Annotated

import typer

from .commands import (
    best,
    cancel,
    check,
    create,
    delete,
    demo,
    export,
    health,
    lineage,
    list_studies,
    logs,
    migrate,
    pause,
    plot,
    replay,
    resume,
    run,
    serve,
    show,
    status,
    trials,
    watch,
    work,
    workers,
)
from .errors import ProgenitorError, UsageError

COMMANDS: dict[str, ModuleType] = {
    "check": check,
    "run": run,
    "serve": serve,
    "work": work,
    "create": create,
    "replay": replay,
    "list": list_studies,
    "status": status,
    "watch": watch,
    "show": show,
    "trials": trials,
    "best": best,
    "lineage": lineage,
    "workers": workers,
    "logs": logs,
    "export": export,
    "plot": plot,
    "pause": pause,
    "resume": resume,
    "cancel": cancel,
    "delete": delete,
    "health": health,
    "migrate": migrate,
    "demo": demo,
}
"""As `progenitor --help` lists them. Each module has `command`; its docstring is the help, EXAMPLES its end."""


app = typer.Typer(
    name="progenitor",
    help="Population-based training as a service: a population trains a model and finds its hyperparameter schedule.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
EXIT_CODES = "Exit codes: 0 done; 1 it cannot be done, with the reason; 2 a mistake on the command line."
"""Of the commands that do not list theirs."""


def help_of(module: ModuleType) -> str:
    told = module.__doc__ or ""
    return told if "Exit codes:" in told else f"{told}\n\n{EXIT_CODES}"


def examples_of(module: ModuleType) -> str:
    # The first character keeps the lines that follow as they are.
    return "\b\nExamples:\n" + textwrap.indent(module.EXAMPLES, "  ")


for name, module in COMMANDS.items():
    app.command(name, help=help_of(module), epilog=examples_of(module))(module.command)


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"progenitor {version('progenitor')}")
        raise typer.Exit


def refuse_file(arguments: list[str]) -> None:
    if arguments and arguments[0].endswith(".py"):
        file = arguments[0]
        raise UsageError(f"{file} is no command. To train it: progenitor run {' '.join(arguments)}")


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    pass


def main() -> None:
    ready_streams()
    try:
        refuse_file(sys.argv[1:])
        app()
    except ProgenitorError as error:
        print(f"progenitor: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        raise  # nobody reads any longer: typer's affair
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(f"progenitor: {error.strerror}: what was to be written is not there whole.", file=sys.stderr)
        os._exit(1)  # what is still buffered could not be written either


def ready_streams() -> None:
    """A stream that was closed goes nowhere, and what a stream cannot write is written in escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  lasts as long
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
