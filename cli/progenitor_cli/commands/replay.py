"""Train trials again, and all of their ancestors.

Each with the hyperparameters, steps and seed that it had, from its parent's new checkpoint; nothing is searched. A
new study, STUDY-replay, trains them: here if --file or --command says with what, else with `run` or `work`. Training
code that depends on nothing but these comes to the same checkpoints, digest for digest; those that differ are listed.
Of a study its best trial is taken. Given again, the same command goes on with that study, or tells what came of it.

--json prints one line: {"study", "state", "trials", "completed", "differing", "remeasured"}. The last two are lists:
what came to another checkpoint, and what came to the same with other metrics; each entry has "trial", "replays",
"digest", "replayed_digest", "metrics" and "replayed_metrics".

Exit codes: 0 no checkpoint differs, or it is still to be trained; 1 the replay failed, or cannot go on; 2 a mistake in
FILE or on the command line; 3 a checkpoint differs; 130 ended by Ctrl-C and 143 by SIGTERM, what was trained being
saved (a second signal ends at once).
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..arguments import FOLDER, ControllerOption, DatabaseOption, FolderOption
from ..errors import CheckpointsDiffer, UsageError
from ..folder import folder_at, held

if TYPE_CHECKING:
    from ..client import Client

EXAMPLES = """\
progenitor replay digits --file train.py
progenitor replay digits/41 digits/57 --file train.py --workers 4 --json
progenitor replay digits/41 --name again --controller 10.0.0.5:50051
"""


def command(
    *,
    names: Annotated[
        list[str], typer.Argument(metavar="STUDY|TRIAL…", help="digits, or digits/7.", show_default=False)
    ],
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Train them here with FILE's train.", show_default=False),
    ] = None,
    train_command: Annotated[
        str,
        typer.Option("--command", help="A shell command that trains instead.", show_default=False),
    ] = "",
    name: Annotated[
        str | None, typer.Option(help="The new study's; default: STUDY-replay.", show_default=False)
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train them once more, in a study beside those there are.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Workers; default: one per GPU, else per core.", show_default=False),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            help="The checkpoints' folder, to train here; default: DIR/checkpoints.", show_default=False
        ),
    ] = None,
    controller: ControllerOption = None,
    database: DatabaseOption = None,
    dir_: FolderOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print what came of it as one line of JSON.")] = False,
) -> None:
    from progenitor_worker.process import Program

    from ..calls.states import ENDED
    from ..lookup import connected, trial_or_best
    from ..text.replay_outcome import outcome_of
    from ..text.replay_report import replay_line, replay_text
    from ..training import replays
    from ..training.ending import Ending
    from ..training.local import completed, serving, trained
    from ..training.studies import refuse_other
    from ..training.training import loading, source_file, wish_of

    def told(client: "Client", study: str) -> None:
        found = outcome_of(client, study)
        print(replay_line(found) if json else replay_text(found, file), flush=True)
        if found.status.study.state in ENDED:
            completed(client, study)
        if found.differing:
            raise CheckpointsDiffer(
                f"{len(found.differing)} of {found.completed} checkpoints differ from the replayed ones."
            )

    if file is None and not train_command:
        with connected(controller, database, dir_) as client:
            trials = [trial_or_best(client, named) for named in names]
            told(client, replays.wanted(client, trials, name, fresh=fresh).name)
        return
    if controller:
        raise UsageError(
            "To train for a running controller: the same without --file, then `progenitor work`."
        )
    folder = folder_at(dir_ or FOLDER)
    program = Program(None if file is None else source_file(file), train_command)
    with ExitStack() as stack:
        ending = stack.enter_context(Ending())
        holding = stack.enter_context(ExitStack())
        holding.enter_context(held(folder, f"replay {' '.join(names)}"))
        trainer = loading(program, folder.logs / "trainer-0.log")
        stack.callback(trainer.kill)
        here = stack.enter_context(serving(folder, database, store, holding))
        wish = None if program.source is None else wish_of(trainer, program.source)[0]
        trials = [trial_or_best(here, named) for named in names]
        study = replays.wanted(here, trials, name, fresh=fresh)
        if wish is not None:
            refuse_other(study, wish)
        trained(
            here,
            replays.going_on(here, study),
            program,
            trainer,
            workers=workers,
            ending=ending,
            to_stderr=json,
        )
        told(here, study.name)
