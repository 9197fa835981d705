"""The controller's packages, imported only by the commands that start one."""

from types import ModuleType
from typing import TYPE_CHECKING

from .errors import ProgenitorError, ServerMissing, UsageError

if TYPE_CHECKING:
    from progenitor_controller.server import EmbeddedController

OURS = ("progenitor", "progenitor_cli", "progenitor_controller", "progenitor_storage", "progenitor_worker")


def server() -> ModuleType:
    """`progenitor_controller.server`; raises ServerMissing if what it needs is not installed."""
    try:
        from progenitor_controller import server as module
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in OURS:
            raise
        raise ServerMissing(package) from error
    return module


def start_controller(database_url: str) -> "EmbeddedController":
    """A controller in a thread, on a free port of the loopback address; raises a ProgenitorError that says why not."""
    module = server()
    try:
        controller: EmbeddedController = module.EmbeddedController(database_url)
    except Exception as error:
        raise not_started(error) from error
    return controller


def not_started(error: Exception) -> ProgenitorError:
    """What kept a controller from starting, as a message; raises `error` itself if it is a mistake of ours."""
    from progenitor_storage.errors import StorageError, StorageUnavailable, UnsupportedUrl

    if isinstance(error, UnsupportedUrl):
        return UsageError(str(error))
    if isinstance(error, StorageUnavailable):
        cause = f" ({str(error.__cause__).splitlines()[0]})" if error.__cause__ else ""
        return ProgenitorError(f"{error}{cause}")
    if isinstance(error, StorageError | OSError):
        return ProgenitorError(str(error))
    raise error
