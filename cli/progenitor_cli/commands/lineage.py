"""Show a trial's lineage: its hyperparameter schedule.

The trials whose sessions trained its weights, oldest first. Of a study it is the best trial's. --json prints one trial
a line, in the protos' JSON form.

--schedule writes a JSON file as well, {"trial", "sessions"}, each session with "start_step", "end_step", "seed",
"parameters" and "digest". The function `run_schedule` of progenitor trains it as one long run.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption

EXAMPLES = """\
progenitor lineage digits
progenitor lineage digits/7 --json
progenitor lineage digits --schedule schedule.json
"""


def command(
    *,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="STUDY|TRIAL", help="digits, or digits/7; left out: the only study.", show_default=False
        ),
    ] = None,
    schedule: Annotated[
        Path | None, typer.Option(help="Write the schedule to this file.", show_default=False)
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..calls.names import study_of
    from ..export.schedule import schedule_of
    from ..lookup import connected, trial_or_best
    from ..text.wire_json import line
    from ..whole_file import whole_file

    with connected(controller, database, dir_) as client:
        trial = trial_or_best(client, name)
        lineage = tuple(client.list_lineage(trial))
        study = client.get_study(study_of(trial))
        if schedule is not None:
            text = schedule_of(study, lineage).to_json()
            with whole_file(schedule.expanduser()) as partly:
                partly.write_text(text, encoding="utf-8")
            print(f"{schedule} is the schedule: progenitor.run_schedule trains it.", file=sys.stderr)
        if json:
            for ancestor in lineage:
                print(line(ancestor))
            return
        from ..text.tables import trials_table

        print(trials_table(study.effective_spec, lineage))
