"""Serve studies to workers and people.

Prints one line when it is ready. SIGTERM and Ctrl-C let calls under way finish; the exit code is 0. The default
database is .progenitor/progenitor.db, which one process at a time may serve; a PostgreSQL database may have several
controllers.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..folder import folder_at, held

EXAMPLES = """\
progenitor serve
progenitor serve --database postgresql://user:password@db/progenitor --listen 10.0.0.5:50051
"""


def command(
    *,
    database: Annotated[
        str | None,
        typer.Option(help="sqlite:///PATH or postgresql://…; default: in DIR.", show_default=False),
    ] = None,
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")] = "127.0.0.1:50051",
    dir_: Annotated[Path, typer.Option("--dir", help="Where the default database is.")] = Path(".progenitor"),
    json: Annotated[bool, typer.Option("--json", help="Print the ready line as JSON.")] = False,
) -> None:
    import asyncio

    # Models are fitted side by side, so one thread is enough for each; numpy looks when it is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from ..serving import is_loopback, listen_host, serve

    host = listen_host(listen)
    if not is_loopback(host):
        print(
            f"progenitor: anybody who reaches {listen} can read and change studies: there is no authentication yet.",
            file=sys.stderr,
        )
    with ExitStack() as stack:
        folder = None if database else folder_at(dir_)
        if folder is not None:
            stack.enter_context(held(folder, "serve"))
        asyncio.run(serve(database, folder, listen, json))
