"""Show how far a study is.

Progress, trials by state, the best trial and the population. Without --controller it asks about .progenitor/ of the
working directory, whether or not a run is under way there. --json prints one line, GetStudyStatusResponse in the
protos' JSON form.
"""

from pathlib import Path
from typing import Annotated

import typer


def command(
    *,
    study: Annotated[
        str | None,
        typer.Argument(metavar="STUDY", help="May be left out if there is only one.", show_default=False),
    ] = None,
    controller: Annotated[
        str | None, typer.Option(help="A controller's address.", show_default=False)
    ] = None,
    dir_: Annotated[Path, typer.Option("--dir", help="Which folder's studies.")] = Path(".progenitor"),
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    from ..lookup import chosen, connected
    from ..wire_json import line

    with connected(controller, dir_) as client:
        status = client.get_study_status(chosen(client, study))
        if json:
            print(line(status))
            return
        from ..report import status_text

        print(status_text(status, list(client.list_population(status.study.name))))
