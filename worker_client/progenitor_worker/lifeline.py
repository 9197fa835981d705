"""Child processes that never outlive the process that started them, nor what they started themselves."""

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1

# The subshell is no child of ours any more once its shell has ended, so that user code which waits for all of its
# children does not wait for it. Without job control it stays in our process group. Its standard input would be
# /dev/null, hence descriptor 3.
GUARD = "exec 3<&0; (trap '' TERM INT HUP; read -r _ <&3; kill -KILL 0) &"


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


def guard_own_group(lifeline: int) -> None:
    """Has this process's group killed when the other end of the pipe `lifeline` closes.

    What user code starts is in that group, and gets no word from the kernel when the worker is gone. The guard ends
    with the group. While it is there, no other group gets the group's number.
    """
    _guard(lifeline, None)


def guarded_group(lifeline: int) -> int:
    """A new process group with nothing but such a guard in it."""
    return _guard(lifeline, 0)


def _guard(lifeline: int, group: int | None) -> int:
    shell = subprocess.Popen(
        ["/bin/sh", "-c", GUARD],
        stdin=lifeline,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=group,
    )
    if shell.wait() != 0:
        raise OSError("the shell that guards a process group could not be started")
    return shell.pid
