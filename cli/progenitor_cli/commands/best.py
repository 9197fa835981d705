"""Show the fittest completed trials of a study.

The best first, and where their checkpoints are.

--json prints one trial a line, in the protos' JSON form.
"""

from itertools import islice
from typing import Annotated

import typer

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

EXAMPLES = """\
progenitor best digits
progenitor best digits --count 1 --json | jq -r .checkpoint.uri
"""


def command(
    *,
    study: StudyArgument = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 10,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = FOLDER,
    json: JsonOption = False,
) -> None:
    from ..calls.names import short
    from ..errors import CliError
    from ..lookup import chosen, connected
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        name = chosen(client, study)
        best = tuple(islice(client.list_best_trials(name, page_size=min(count, 1000)), count))
        if not best:
            raise CliError(f"{short(name)} has no completed trial yet.")
        if json:
            for trial in best:
                print(line(trial))
            return
        from ..text.tables import checkpoints_text, trials_text

        print(trials_text(client.get_study(name).spec, best))
        print()
        print(checkpoints_text(best))
