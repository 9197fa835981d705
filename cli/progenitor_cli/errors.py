"""What ends a command with a message instead of a result, and what `progenitor.Client` and `progenitor.local` raise.

ProgenitorError          exit code 1
├── ControllerUnreachable   nobody answered at the address
├── CallRefused             the controller's answer was no; exit code 2 if it was the request that was wrong
├── StudyNotCompleted       a study that was trained failed, or was cancelled
├── CheckpointsDiffer       a replay came to other checkpoints; exit code 3
├── NothingToDraw           the study has no completed trial
├── NotWritten              a file could not be written
├── UsageError           exit code 2
│   ├── UnknownMetric       no trial measured a metric of this name
│   ├── FolderInUse         another process holds .progenitor/
│   ├── ServerMissing       the [server] extra is not installed
│   ├── PlotMissing         the [plot] extra is not installed
│   ├── DataMissing         the [data] extra is not installed
│   └── SpecDiffers         the stored study is another one than the file's
└── Interrupted          exit code 130 or 143, by signal
"""

import signal


class ProgenitorError(Exception):
    """The command cannot be carried out."""

    exit_code = 1


class ControllerUnreachable(ProgenitorError):
    """No controller answered."""

    def __init__(self, address: str, detail: str) -> None:
        super().__init__(
            f"No controller answers at {address}: {detail}\n"
            "Start one with `progenitor serve`, or give another address."
        )


class CallRefused(ProgenitorError):
    """The controller refused a call; `code` is the gRPC status code's name, `reason` its ErrorInfo's."""

    def __init__(self, message: str, *, code: str, reason: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        if code in ("INVALID_ARGUMENT", "UNIMPLEMENTED"):
            self.exit_code = UsageError.exit_code


class StudyNotCompleted(ProgenitorError):
    """The study failed or was cancelled."""


class CheckpointsDiffer(ProgenitorError):
    """A replay came to other checkpoints than those that it repeats."""

    exit_code = 3


class NothingToDraw(ProgenitorError):
    """The study has no completed trial."""


class NotWritten(ProgenitorError):
    """A file could not be written."""


class UsageError(ProgenitorError):
    """The command line, or the user's file, has a mistake."""

    exit_code = 2


class UnknownMetric(UsageError):
    """No trial measured a metric of this name."""


class FolderInUse(UsageError):
    """Another process holds the folder."""


class ServerMissing(UsageError):
    """The controller's packages are not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"This command needs the package {module!r}, which a controller needs too. Install the server's packages:\n"
            "  pip install 'progenitor[server]'"
        )


class PlotMissing(UsageError):
    """The drawing package is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"This draws a picture, which needs the package {module!r}. Install what pictures need:\n"
            "  pip install 'progenitor[plot]'"
        )


class DataMissing(UsageError):
    """A package for tables is not installed."""

    def __init__(self, module: str) -> None:
        super().__init__(
            f"This makes a table, which needs the package {module!r}. Install what tables need:\n"
            "  pip install 'progenitor[data]'"
        )


class SpecDiffers(UsageError):
    """A study of this name exists with another specification."""


class Interrupted(ProgenitorError):
    """Ended by a signal, gently."""

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal.Signals(number).value
