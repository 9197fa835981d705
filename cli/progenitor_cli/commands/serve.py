"""Serve studies to workers and people.

Prints one line when it is ready. SIGTERM and Ctrl-C let calls under way finish; the exit code is 0. The default
database is .progenitor/progenitor.db, which one process at a time may serve; a PostgreSQL database may have several
controllers.
"""

import asyncio
import ipaddress
import json as json_format
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..folder import Folder, announced, folder_at, held

EXAMPLES = """\
progenitor serve
progenitor serve --database postgresql://user:password@db/progenitor --listen 10.0.0.5:50051
"""

if TYPE_CHECKING:
    from progenitor_controller.server import ControllerServer


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


async def serve(database: str | None, folder: Folder | None, listen: str, json: bool) -> None:
    from ..embedded import not_started, server

    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked_to_end.set)
    module = server()
    url = database or (folder.database_url if folder else "")
    try:
        controller: ControllerServer = await module.ControllerServer.start(url, listen)
    except Exception as error:
        raise not_started(error) from error
    try:
        with ExitStack() as stack:
            if folder is not None:
                stack.enter_context(announced(folder, controller.address))
            ready = {"address": controller.address, "database": without_password(url), "pid": os.getpid()}
            print(
                json_format.dumps(ready)
                if json
                else f"Controller at {ready['address']}, database {ready['database']}",
                flush=True,
            )
            await asked_to_end.wait()
    finally:
        await controller.stop()


def listen_host(listen: str) -> str:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(f"--listen {listen!r}: give HOST:PORT, such as 127.0.0.1:50051.")
    return host.strip("[]")


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.startswith("unix"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def without_password(url: str) -> str:
    from sqlalchemy import make_url

    return make_url(url).render_as_string(hide_password=True)
