"""Write a study's trials, measurements and schedules as tables.

CSV or JSON lines, or Parquet where pyarrow is installed: STUDY-trials.csv has a row for each trial,
STUDY-measurements.csv for each metric at each step, STUDY-schedules.csv for each stretch of the lineages of each
member's newest completed trial and of the best one. --output - prints a single one. --json prints one line: {"study",
"files"}.
"""

import json as json_format
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor export digits
progenitor export digits --what trials --output - | head
progenitor export digits --format parquet --output tables/
"""


class Kind(StrEnum):
    TRIALS = "trials"
    MEASUREMENTS = "measurements"
    SCHEDULES = "schedules"


def command(
    *,
    study: StudyArgument = None,
    what: Annotated[
        list[Kind] | None,
        typer.Option(help="Only this; may be given again.", show_default=False),
    ] = None,
    format_: Annotated[
        Literal["csv", "jsonl", "parquet"], typer.Option("--format", help="Of the tables.")
    ] = "csv",
    output: Annotated[Path, typer.Option(help="The folder for the files; - prints.")] = Path(),
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..calls.names import short
    from ..errors import UsageError
    from ..export.study_tables import TABLES
    from ..export.table_files import as_csv, as_json_lines, counted, written
    from ..lookup import chosen, connected

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    kinds: list[str] = list(what or TABLES)
    to_stdout = str(output) == "-"
    if to_stdout and (len(kinds) > 1 or format_ == "parquet" or json):
        raise UsageError(
            "--output - prints one table as text: say one --what, --format csv or jsonl, no --json."
        )
    if not to_stdout and not output.expanduser().is_dir():
        raise UsageError(f"--output {output} is not a folder.")
    with connected(controller, database, dir_) as client:
        found = client.get_study(chosen(client, study))
        if to_stdout:
            (as_csv if format_ == "csv" else as_json_lines)(TABLES[kinds[0]](client, found), sys.stdout)
            return
        files = []
        for kind in kinds:
            path = output.expanduser() / f"{short(found.name)}-{kind}.{format_}"
            say(f"Writing {path} …")
            written(counted(TABLES[kind](client, found), say), format_, path)
            files.append(str(path))
    if json:
        print(json_format.dumps({"study": found.name, "files": files}))
