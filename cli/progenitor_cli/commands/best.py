"""Show the fittest completed trials of a study.

The best first, and where their checkpoints are.

--json prints one trial a line, in the protos' JSON form.
"""

from typing import Annotated

import typer

from ..arguments import ControllerOption, DatabaseOption, FolderOption, JsonOption, StudyArgument

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
    dir_: FolderOption = None,
    json: JsonOption = False,
) -> None:
    from ..calls.names import short
    from ..errors import ProgenitorError
    from ..lookup import chosen, connected
    from ..text.wire_json import line

    with connected(controller, database, dir_) as client:
        name = chosen(client, study)
        best = tuple(client.list_best_trials(name, count))
        if not best:
            raise ProgenitorError(f"{short(name)} has no completed trial with finite metrics yet.")
        if json:
            for trial in best:
                print(line(trial))
            return
        from ..text.tables import checkpoints_text, is_pareto, trials_table

        spec = client.get_study(name).effective_spec
        if is_pareto(spec):
            print("The trade-offs of which none is beaten in every metric:\n")
        print(trials_table(spec, best))
        print()
        print(checkpoints_text(best))
