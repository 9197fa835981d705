"""Writes docs/cli.md from the commands themselves: `python docs/cli.py`."""

from pathlib import Path
from typing import Any

from typer.main import get_command

from progenitor_cli.main import COMMANDS, app

PAGE = Path(__file__).with_name("cli.md")
WIDTH = 96
"""Characters in a line of help."""
HEAD = """# The command line

What `progenitor COMMAND --help` prints. Commands that ask about studies ask the controller that `--controller` names;
or one that they start themselves on `--database`; or that of the folder `--dir`, whether or not a run is under way
there. With none of them it is the controller that the variable `PROGENITOR_CONTROLLER` names, else the folder
`.progenitor`.

A study is named by its id, as `digits`, a trial as `digits/7`. With `--json` standard output is for programs alone:
messages go to standard error. A message that ends a command begins with `progenitor: `.

| exit code | |
|---|---|
| 0 | done; of commands that train or watch: the study is completed |
| 1 | it cannot be done: the reason is on standard error |
| 2 | a mistake on the command line or in the file |
| 3 | of `replay`: all is trained again, and some of it came out differently |
| 130, 143 | ended by Ctrl-C or SIGTERM |

Completion of commands and options for bash, zsh, fish and PowerShell: `progenitor --install-completion`, or
`--show-completion` to see what it would add.
"""


def page() -> str:
    group: Any = get_command(app)  # typer brings its own click, whose types it does not show
    return "\n".join([HEAD, *(section(group, name) for name in COMMANDS)])


def section(group: Any, name: str) -> str:
    command = group.commands[name]
    context = command.make_context(
        f"progenitor {name}",
        [],
        resilient_parsing=True,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        **group.context_settings,
    )
    return f"## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
