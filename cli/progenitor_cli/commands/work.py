"""Train for a running controller.

Until the study ends. The study is --study, or else the one that FILE describes, made if there is none (not with
--no-create). Without FILE, --study names one and --command trains. The checkpoints' folder must be the same place for
all workers of a study.

--json prints one line at the end: GetStudyStatusResponse in the protos' JSON form.

Exit codes: 0 the study is completed; 1 it failed, or these workers cannot go on; 2 a mistake in FILE or on the
command line; 130 ended by Ctrl-C and 143 by SIGTERM, running trials being saved and given back (a second signal ends
at once).
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ..errors import ProgenitorError, UsageError
from ..folder import folder_at, make

EXAMPLES = """\
progenitor work train.py --controller 10.0.0.5:50051 --store /mnt/shared/checkpoints
progenitor work --study digits --command ./train.sh --controller 10.0.0.5:50051,10.0.0.6:50051
"""


def command(
    *,
    controller: Annotated[
        list[str],
        typer.Option(
            help="Its address, HOST:PORT; again, or after commas, for others.",
            envvar="PROGENITOR_CONTROLLER",
            show_default=False,
        ),
    ],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A Python file with a study and train.", show_default=False),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(help="The study; default: the one that FILE describes.", show_default=False),
    ] = None,
    train_command: Annotated[
        str,
        typer.Option(
            "--command", help="A shell command that trains instead of FILE's train.", show_default=False
        ),
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Workers; default: one per GPU, else per core.", show_default=False),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="The checkpoints' folder; default: DIR/checkpoints.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="The workers' name; default: from host and state folder.", show_default=False),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="The workers' own folder; default: DIR/workers.", show_default=False)
    ] = None,
    logs: Annotated[
        Path | None, typer.Option(help="The logs' folder; default: DIR/logs.", show_default=False)
    ] = None,
    dir_: Annotated[Path, typer.Option("--dir", help="Where these folders are.")] = Path(".progenitor"),
    create: Annotated[bool, typer.Option(help="Make the study if there is none.")] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Print the study's status as one line of JSON.")
    ] = False,
) -> None:
    from progenitor_worker.pool import WorkerOptions
    from progenitor_worker.process import Program

    from ..calls.names import short
    from ..calls.states import ENDED
    from ..client import Client
    from ..lookup import addresses_in
    from ..text.report import outcome
    from ..text.wire_json import line
    from ..training import studies
    from ..training.ending import Ending
    from ..training.local import completed
    from ..training.training import loading, source_file, train, wish_of

    def say(text: str) -> None:
        print(text, file=sys.stderr if json else sys.stdout, flush=True)

    if file is None and (study is None or not train_command):
        raise UsageError("Give a FILE, or --study and --command.")
    addresses = addresses_in(controller)
    folder = folder_at(dir_)
    make(folder)
    log_folder = folder.logs if logs is None else logs.expanduser().resolve()
    program = Program(None if file is None else source_file(file), train_command)
    with ExitStack() as stack:
        ending = stack.enter_context(Ending())
        trainer = loading(program, log_folder / "trainer-0.log")
        stack.callback(trainer.kill)
        client = stack.enter_context(Client(*addresses))
        if program.source is None:
            found = client.get_study(study or "")
        else:
            wish, _ = wish_of(trainer, program.source)
            if study is None and not create and not studies.family_of(client, wish.study_id):
                raise ProgenitorError(f"There is no study {wish.study_id!r} at {client.address}.")
            found = studies.wanted(client, wish, study, fresh=False, notice=say)
        if found.state not in ENDED:
            say(f"Working on {short(found.name)} at {', '.join(addresses)}.")
            options = WorkerOptions(
                program=program,
                study=found.name,
                spec=found.effective_spec,
                controllers=addresses,
                store=folder.checkpoints if store is None else store.expanduser().resolve(),
                logs=log_folder,
                state=folder.workers if state is None else state.expanduser().resolve(),
                slots=workers,
                name=name,
            )
            train(client, found, options, trainer, ending=ending, to_stderr=json)
        status = client.get_study_status(found.name)
        print(line(status) if json else outcome(status), flush=True)
        completed(client, found.name)
