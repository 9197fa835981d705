"""Bring a database to this release's tables.

A controller does so by itself when it starts. Do it beforehand where several start at once, or where only a user of
its own may change tables. A database that is up to date is left as it is, one of a later release is refused. With
--check nothing is changed.

With --json, one line: {"database", "from", "to"}, the revision found and this release's; "from" is null where there
were no tables.

Exit codes: 0 the database is up to date now; 1 it cannot be, or with --check: it is not; 2 a mistake on the command
line, or the folder's database is in use.
"""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ProgenitorError
from ..folder import Folder, folder_at, held

if TYPE_CHECKING:
    from progenitor_storage.schema import Schema

EXAMPLES = """\
progenitor migrate --database postgresql://progenitor@localhost/progenitor
progenitor migrate --check || echo "to be migrated"
"""


def command(
    *,
    database: Annotated[
        str | None,
        typer.Option(help="sqlite:///PATH or postgresql://…; default: in DIR.", show_default=False),
    ] = None,
    dir_: Annotated[Path, typer.Option("--dir", help="Where the default database is.")] = Path(".progenitor"),
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is needed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    from ..embedded import not_started, server
    from ..serving import without_password

    server()
    folder = None if database else folder_at(dir_)
    url = database or folder_at(dir_).database_url
    try:
        schema = looked_at(url)
        if not check and not schema.current:
            schema = upgraded(url, folder)
    except ProgenitorError:
        raise
    except Exception as error:
        raise not_started(error) from error
    name = without_password(url)
    if json:
        print(json_format.dumps({"database": name, "from": schema.found, "to": schema.newest}))
    else:
        print(told(name, schema, needed=check))
    if check and not schema.current:
        raise typer.Exit(1)


def looked_at(url: str) -> "Schema":
    from progenitor_storage.schema import schema_of

    return schema_of(url)


def upgraded(url: str, folder: Folder | None) -> "Schema":
    """The schema before. A folder's database is not changed under a controller of another release."""
    from progenitor_storage.schema import upgrade

    if folder is None:
        return upgrade(url)
    with held(folder, "migrate"):
        return upgrade(url)


def told(name: str, schema: "Schema", *, needed: bool) -> str:
    if schema.current:
        return f"{name} is up to date: revision {schema.newest}."
    before = "a database without tables" if schema.found is None else f"revision {schema.found}"
    if needed:
        return f"{name} is to be migrated: from {before} to revision {schema.newest}."
    return f"{name} is migrated: from {before} to revision {schema.newest}."
