"""A controller and workers in this process, over a folder: what `progenitor run` is, for notebooks and programs too."""

from contextlib import ExitStack
from pathlib import Path

from progenitor.v1 import study_pb2, trial_pb2
from progenitor_worker.pool import WorkerOptions
from progenitor_worker.process import Program, TrainingProcess

from ..calls.states import ENDED
from ..client import Client
from ..embedded import start_controller
from ..errors import ProgenitorError, StudyNotCompleted
from ..folder import Folder, announced, folder_at, held
from ..text.failures import distinct
from ..text.report import not_completed
from ..text.result import checkpoint_path
from . import studies
from .ending import Ending
from .interrupts import Interrupts
from .training import loading, source_file, train, wish_of


class Local(Client):
    """A client of the controller in this process, which can train as well. `close` ends the controller."""

    def __init__(self, address: str, folder: Folder, store: Path, opened: ExitStack) -> None:
        """`opened` ends with it: the controller, and the folder's lock."""
        super().__init__(address)
        self.folder = folder
        self.store = store
        """Where checkpoints are; their uris are relative to it."""
        self._opened = opened

    def close(self) -> None:
        super().close()
        self._opened.close()

    def train(
        self,
        file: str | Path,
        *,
        study: str | None = None,
        fresh: bool = False,
        workers: int | None = None,
        command: str = "",
    ) -> study_pb2.Study:
        """As `progenitor run FILE`: until the study is completed, which is returned. Progress is printed.

        `study` names one that was created before, which the file's `train` is for; `fresh` starts another one beside
        those there are; `workers` is one for each GPU, else for each core; `command` is a shell command that trains
        instead. Raises StudyNotCompleted, and UsageError for mistakes in the file. An interrupt (Ctrl-C) saves what is
        trained, to be gone on with, a second one does not wait for that; then KeyboardInterrupt is raised.
        """
        source = source_file(Path(file))
        program = Program(source, command)
        with Interrupts() as interrupts, ExitStack() as stack:
            trainer = loading(program, self.folder.logs / "trainer-0.log")
            stack.callback(trainer.kill)
            wish, _ = wish_of(trainer, source, interrupts.unheard)
            found = studies.wanted(self, wish, study, fresh=fresh, notice=print)
            trained(self, found, program, trainer, workers=workers, ending=interrupts)
        return completed(self, found.name)

    def checkpoint(self, trial: trial_pb2.Trial) -> Path:
        """The folder of its newest checkpoint. Raises ProgenitorError if it has none."""
        path = checkpoint_path(self.store, trial.checkpoint)
        if path is None:
            raise ProgenitorError(f"{trial.name} has no checkpoint.")
        return Path(path)


def trained(
    here: Local,
    study: study_pb2.Study,
    program: Program,
    trainer: TrainingProcess,
    *,
    workers: int | None,
    ending: Ending | Interrupts | None = None,
    to_stderr: bool = False,
) -> None:
    """Until the study has ended. `trainer` has loaded the program's file; `ending` hears signals."""
    if study.state in ENDED:
        return
    options = WorkerOptions(
        program=program,
        study=study.name,
        spec=study.effective_spec,
        controllers=(here.address,),
        store=here.store,
        logs=here.folder.logs,
        state=here.folder.workers,
        slots=workers,
    )
    train(here, study, options, trainer, ending=ending, to_stderr=to_stderr)


def completed(client: Client, name: str) -> study_pb2.Study:
    """Raises StudyNotCompleted with the reasons."""
    status = client.get_study_status(name)
    if status.study.state != study_pb2.STUDY_STATE_COMPLETED:
        failed = client.list_trials(name, [trial_pb2.TRIAL_STATE_FAILED])
        raise StudyNotCompleted(not_completed(status, distinct(failed)))
    return status.study


def serving(folder: Folder, database: str | None, store: Path | None, opened: ExitStack) -> Local:
    """`opened` holds the folder, and ends with what is returned."""
    with opened:
        controller = opened.enter_context(start_controller(database or folder.database_url))
        opened.enter_context(announced(folder, controller.address))
        checkpoints = folder.checkpoints if store is None else store.expanduser().resolve()
        return Local(controller.address, folder, checkpoints, opened.pop_all())


def local(
    folder: str | Path = ".progenitor", *, database: str | None = None, store: str | Path | None = None
) -> Local:
    """A controller in this process, and a client of it that can also train.

    with progenitor.local() as here:
        here.train("train.py")
        here.to_dataframe("train")

    `folder` keeps everything, as of `progenitor run`: the database (or another one: sqlite:///PATH or postgresql://…),
    the checkpoints (or another folder, `store`), the logs. One process at a time holds it; raises FolderInUse. Without
    `with`, say `close()` at the end.
    """
    place = folder_at(Path(folder))
    opened = ExitStack()
    opened.enter_context(held(place, "local"))
    return serving(place, database, None if store is None else Path(store), opened)
