"""A controller of its own process, until it is asked to end."""

import asyncio
import ipaddress
import json as json_format
import os
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

from .embedded import not_started, server
from .errors import UsageError
from .folder import Folder, announced

if TYPE_CHECKING:
    from progenitor_controller.server import ControllerServer


async def serve(database: str | None, folder: Folder | None, listen: str, json: bool) -> None:
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
