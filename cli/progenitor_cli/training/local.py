"""A controller and workers in this process, over a folder: what `progenitor run` is, for notebooks and programs too."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from progenitor.v1 import study_pb2
from progenitor_worker.pool import WorkerOptions
from progenitor_worker.process import Program, TrainingProcess

from ..calls.states import ENDED
from ..client import Client
from ..embedded import start_controller
from ..folder import Folder, announced, folder_at, held
from . import studies
from .ending import Ending
from .training import source_file, train, wish_of


class Local(Client):
    """A client of the controller in this process, which can train as well."""

    def __init__(self, address: str, folder: Folder, store: Path) -> None:
        super().__init__(address)
        self.folder = folder
        self.store = store
        """Where checkpoints are; their uris are relative to it."""

    def train(
        self,
        file: str | Path,
        *,
        study: str | None = None,
        fresh: bool = False,
        workers: int | None = None,
        command: str = "",
    ) -> study_pb2.Study:
        """As `progenitor run FILE`: until the study has ended, which is returned. Progress is printed.

        `study` names one that was created before, which the file's `train` is for; `fresh` starts another one beside
        those there are; `workers` is one for each GPU, else for each core; `command` is a shell command that trains
        instead. Raises CliError for what cannot be. KeyboardInterrupt saves and leaves it to be gone on with.
        """
        source = source_file(Path(file))
        program = Program(source, command)
        trainer = TrainingProcess(program, {}, self.folder.logs / "trainer-0.log")
        try:
            wish, _ = wish_of(trainer, source)
            found = studies.wanted(self, wish, study, fresh=fresh, notice=print)
            return self.trained(found, program, trainer, workers=workers)
        finally:
            trainer.kill()

    def trained(
        self,
        study: study_pb2.Study,
        program: Program,
        trainer: TrainingProcess,
        *,
        workers: int | None,
        ending: Ending | None = None,
        to_stderr: bool = False,
    ) -> study_pb2.Study:
        """`trainer` has loaded the program's file; `ending` hears signals."""
        if study.state in ENDED:
            return study
        options = WorkerOptions(
            program=program,
            study=study.name,
            spec=study.effective_spec,
            controllers=(self.address,),
            store=self.store,
            logs=self.folder.logs,
            state=self.folder.workers,
            slots=workers,
        )
        train(self, study, options, trainer, ending=ending, to_stderr=to_stderr)
        return self.get_study(study.name)


@contextmanager
def serving(folder: Folder, database: str | None, store: Path | None) -> Iterator[Local]:
    """The folder is held."""
    checkpoints = folder.checkpoints if store is None else store.expanduser().resolve()
    with (
        start_controller(database or folder.database_url) as controller,
        announced(folder, controller.address),
        Local(controller.address, folder, checkpoints) as here,
    ):
        yield here


@contextmanager
def local(
    folder: str | Path = ".progenitor", *, database: str | None = None, store: str | Path | None = None
) -> Iterator[Local]:
    """A controller in this process for as long as this lasts, and a client of it that can also train.

    with progenitor.local() as here:
        here.train("train.py")
        here.to_dataframe("train")

    `folder` keeps everything, as of `progenitor run`: the database (or another one: sqlite:///PATH or postgresql://…),
    the checkpoints (or another folder, `store`), the logs. One process at a time holds it; raises FolderInUse.
    """
    place = folder_at(Path(folder))
    with held(place, "local"), serving(place, database, None if store is None else Path(store)) as here:
        yield here
