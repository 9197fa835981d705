"""Where `status` and `trials` ask, and about which study."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .client import Client
from .embedded import start_controller
from .errors import UsageError
from .folder import folder_at, running_address
from .names import resource_name, short


@contextmanager
def connected(controller: str | None, folder: Path) -> Iterator[Client]:
    """The given controller; else the folder's that runs; else one on its database for as long as this lasts."""
    if controller:
        with Client(controller) as client:
            yield client
        return
    found = folder_at(folder)
    if address := running_address(found):
        with Client(address) as client:
            yield client
        return
    if not found.database.exists():
        raise UsageError(
            f"There are no studies here: {found.database} does not exist.\n"
            "`progenitor run FILE` makes one; --dir names another folder, --controller a running controller."
        )
    with start_controller(found.database_url) as embedded, Client(embedded.address) as client:
        yield client


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
