"""Where the commands ask, and about which study or trial."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .arguments import FOLDER
from .calls.names import resource_name, short, trial_resource_name
from .client import Client
from .embedded import start_controller
from .errors import ControllerUnreachable, ProgenitorError, UsageError
from .folder import folder_at, make, running_address

ADDRESS = re.compile(r"(unix:\S+|[^\s/:]+:\d+|\[[0-9a-fA-F:]+\]:\d+)")
VARIABLE = "PROGENITOR_CONTROLLER"
FOLDER_PATIENCE = 1.0
"""Seconds that a folder's controller is waited for, before another one is looked for there."""

T = TypeVar("T")


@contextmanager
def connected(
    controllers: Sequence[str] | None, database: str | None, folder: Path | None, *, make_folder: bool = False
) -> Iterator[Client]:
    """The controllers that are named; or one on the database that is named, for as long as this lasts; or the folder's.

    That is the one which runs there, or else one on the folder's database for as long as this lasts. What is said on
    the command line beats the environment; nothing said at all is the folder .progenitor.
    """
    if addresses := named_controllers(controllers, database, folder):
        with Client(*addresses) as client:
            yield client
        return
    if database is None:
        found = folder_at(folder or FOLDER)
        if address := running_address(found):
            with Client(address) as client:
                yield client
            return
        if make_folder:
            make(found)
        elif not found.database.exists():
            raise UsageError(
                f"There are no studies here: {found.database} does not exist.\n"
                "`progenitor run FILE` makes one; --dir names another folder, --database a database, "
                "--controller a running controller."
            )
        database = found.database_url
    with start_controller(database) as embedded, Client(embedded.address) as client:
        yield client


def outliving(
    controllers: Sequence[str] | None, database: str | None, folder: Path | None, ask: Callable[[Client], T]
) -> T:
    """What `ask` gives. Should a folder's run end meanwhile, and its controller with it, another one is asked."""
    while True:
        with connected(controllers, database, folder) as client:
            try:
                return ask(client)
            except ControllerUnreachable:
                if named_controllers(controllers, database, folder):
                    raise


def named_controllers(
    controllers: Sequence[str] | None, database: str | None, folder: Path | None
) -> tuple[str, ...]:
    """Their addresses; none if a database or a folder is to be asked."""
    if sum(given is not None for given in (controllers or None, database, folder)) > 1:
        raise UsageError("Give one of --controller, --database and --dir.")
    if not controllers and database is None and folder is None and (named := os.environ.get(VARIABLE)):
        controllers = [named]
    return addresses_in(controllers) if controllers else ()


def addresses_in(given: Sequence[str]) -> tuple[str, ...]:
    """Each entry may have several, separated by commas."""
    addresses = tuple(address.strip() for entry in given for address in entry.split(",") if address.strip())
    if not addresses or not all(map(ADDRESS.fullmatch, addresses)):
        raise UsageError(f"--controller {','.join(given)!r}: give HOST:PORT, such as 127.0.0.1:50051.")
    return addresses


def chosen(client: Client, study: str | None) -> str:
    """The study's name; left out, the only one there is."""
    if study is not None:
        return resource_name(study)
    names = [found.name for found in client.list_studies()]
    if len(names) == 1:
        return names[0]
    if not names:
        raise UsageError("There is no study yet.")
    listed = "\n".join(f"  {short(name)}" for name in names)
    raise UsageError(f"There are {len(names)} studies; say which:\n{listed}")


def is_trial(name: str) -> bool:
    """Whether a name is meant for a trial rather than for a study."""
    return "/" in name.removeprefix("studies/") or name.isdigit()


def chosen_trial(client: Client, trial: str) -> str:
    """The trial's name; a number alone is one of the only study's."""
    if trial.isdigit():
        return trial_resource_name(f"{chosen(client, None)}/{trial}")
    return trial_resource_name(trial)


def trial_or_best(client: Client, named: str | None) -> str:
    """The trial's name; of a study, or the only one, that of its best trial."""
    if named is not None and is_trial(named):
        return chosen_trial(client, named)
    study = chosen(client, named)
    status = client.get_study_status(study)
    if not status.HasField("best_trial"):
        raise ProgenitorError(f"{short(study)} has no completed trial with finite metrics yet.")
    return status.best_trial.name
