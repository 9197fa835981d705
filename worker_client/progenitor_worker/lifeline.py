"""A child process that never outlives the process that started it."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """Asks Linux to end this process when its parent does; `parent` is the process id that it was started from.

    Elsewhere the end of the connection to the parent is what tells.
    """
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(1)  # it ended before we asked
