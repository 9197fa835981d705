"""Draw a study as a picture: its lineage, its schedules, its preempted trials, and where the time went.

The picture has the metric over the steps, each trial a line from its parent's value to its own, and the lineage of the
best trial strong among the others; each hyperparameter over the steps; who went on from whom, with the trials that were
preempted, failed or stopped; and the seconds that the trials waited, restored, trained, evaluated and saved.

Without --controller and --database it asks about .progenitor/ of the working directory, whether or not a run is under
way there. --json prints one line: {"study", "files"}.

Exit codes: 0 the picture is written; 1 no trial is completed yet, or the file cannot be written; 2 a mistake on the
command line, or matplotlib is not installed.
"""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor plot
progenitor plot digits --output digits.svg --output digits.png --metric loss
"""


def command(
    *,
    study: StudyArgument = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(help="A .png or .svg file; may be given again. Default: STUDY.png.", show_default=False),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Drawn over the steps. Default: the first one.", show_default=False)
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..lookup import chosen, connected
    from ..plot import drawable, figure, read
    from ..plot.saving import checked, save

    files = [file.expanduser() for file in output or ()]
    checked(files)
    drawable()
    with connected(controller, database, dir_) as client:
        data = read(client, chosen(client, study), metric)
    drawn = figure(data)
    files = files or [Path(f"{data.study}.png")]
    for file in files:
        save(drawn, file)
    if json:
        print(json_module.dumps({"study": f"studies/{data.study}", "files": [str(file) for file in files]}))
        return
    for file in files:
        print(file)
