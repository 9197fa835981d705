"""Ask whether a controller serves.

For a container's health check and for scripts that wait for a start. It asks the gRPC health service
(grpc.health.v1), as other probes can, too: the controller's process answers and is not about to end. Whether its
database answers is what `progenitor status` shows.

With --json, one line: {"address", "status", "detail"}, the status SERVING, NOT_SERVING or UNREACHABLE.

Exit codes: 0 it serves; 1 it does not; 2 a mistake on the command line.
"""

import json as json_format
from typing import Annotated

import typer

EXAMPLES = """\
progenitor health 127.0.0.1:50051
progenitor health 10.0.0.5:50051 --wait 60 && progenitor work train.py --controller 10.0.0.5:50051
"""


def command(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="HOST:PORT.", show_default=False)],
    *,
    wait: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Ask again, for so long, until it serves.")
    ] = 0.0,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    from ..errors import UsageError
    from ..health import asked

    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError(
            f"{address!r} is not a controller's address: give HOST:PORT, such as 127.0.0.1:50051."
        )
    found = asked(address, wait)
    if json:
        print(
            json_format.dumps(
                {"address": address, "status": found.status, "detail": found.detail}, ensure_ascii=False
            )
        )
    else:
        print(f"{address} {found.status}{f': {found.detail}' if found.detail else ''}")
    if not found.serving:
        raise typer.Exit(1)
