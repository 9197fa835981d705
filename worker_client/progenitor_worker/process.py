"""The worker's handle on a process that runs the user's code."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from .channel import Channel, Message

EXIT_PATIENCE = 5.0
"""Seconds for a process that was killed, or whose connection ended, to be gone."""
END_PATIENCE = 1.0
"""Seconds for what user code does at the exit of its process."""
MESSAGE_PATIENCE = 60.0
"""Seconds for the rest of a message whose beginning has arrived."""
LOOK_INTERVAL = 0.1
"""Seconds between two looks at a process that loads the user's file: is it still there, is it still wanted."""
LOG_TAIL_LINES = 10
LOG_TAIL_BYTES = 2048


@dataclass(frozen=True, slots=True)
class Program:
    """What a training process runs: a user's file, a shell command, or a file's study with a command."""

    source: Path | None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What the user's file defines. `spec` is a serialized StudySpec, empty if the file has no study."""

    spec: bytes = b""
    name: str | None = None
    places: int | None = None
    evaluates: bool = False
    problems: tuple[str, ...] = ()
    digest: str = ""


class ProcessDied(Exception):
    """The training process ended; the message says how."""


class Unwanted(Exception):
    """The training process was ended while it loaded the user's file: nobody waited for it any longer."""


class TrainingProcess:
    """Started at once; `description` waits until the user's file is loaded.

    It must be made in a thread that lives as long as it is wanted: it ends with that thread.
    """

    def __init__(self, program: Program, environment: Mapping[str, str], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        ours, theirs = socket.socketpair()
        ours.settimeout(MESSAGE_PATIENCE)
        lifeline, self._lifeline = os.pipe()
        arguments = [f"--connection={theirs.fileno()}", f"--parent={os.getpid()}", f"--lifeline={lifeline}"]
        arguments += [f"--source={program.source}"] if program.source else []
        arguments += [f"--command={program.command}"] if program.command else []
        with ExitStack() as unused, closing(theirs), os.fdopen(lifeline), log.open("ab") as output:
            unused.callback(ours.close)
            unused.callback(os.close, self._lifeline)
            self._process = subprocess.Popen(
                # -P: a module of the user's in the working directory must not stand in for one of ours.
                [sys.executable, "-P", "-m", "progenitor_worker.trainer", *arguments],
                env=os.environ | environment | {"PYTHONUNBUFFERED": "1"},
                pass_fds=[theirs.fileno(), lifeline],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            unused.pop_all()
        self._channel = Channel(ours)
        self._killed = False
        self._description: Description | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def description(self, wanted: Callable[[], bool] = lambda: True) -> Description:
        """Waits for the user's file to be loaded, which may take for ever, as long as it is `wanted`.

        Raises ProcessDied with the file's exception if it could not be loaded, Unwanted.
        """
        while self._description is None:
            message = self.receive(LOOK_INTERVAL)
            if message is None:
                if not wanted():
                    self.kill()
                    raise Unwanted
                continue
            if message["kind"] == "broken":
                self.kill()
                raise ProcessDied(message["message"])
            self._description = described(message)
        return self._description

    def send(self, message: Message) -> None:
        """To a process that has died in the meantime nothing is sent; `receive` tells."""
        self._channel.send(message)

    def receive(self, timeout: float) -> Message | None:
        """The next message, None if none came within `timeout` seconds; raises ProcessDied."""
        try:
            message = self._channel.receive(timeout)
            if message is not None or self.alive:
                return message
            message = self._channel.receive(0.0)  # what it said last
        except EOFError:
            message = None
        if message is None:  # also without an end of the connection: what it forked may hold that open
            raise ProcessDied(self._how_it_ended())
        return message

    def stop(self) -> None:
        """Asks for the running session to end early."""
        self._channel.send({"kind": "stop"})

    def end(self) -> None:
        """Lets an idle one exit by itself, so that what user code has put off until then is done."""
        if self._description is not None and not self._killed:
            self._channel.send({"kind": "end"})
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_PATIENCE)
        self.kill()

    def kill(self) -> None:
        """Ends it and what it started, at once; what a dead one has left behind too."""
        if self._killed:
            return
        self._killed = True
        with suppress(ProcessLookupError):  # it ended before it had a guard, and left nothing
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._channel.close()
        os.close(self._lifeline)

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(EXIT_PATIENCE)
        except subprocess.TimeoutExpired:
            return "the training process closed its connection and was ended"
        finally:
            self.kill()
        if code >= 0:
            return f"the training process exited with {code}"
        name = signal.Signals(-code).name
        memory = " (out of memory?)" if -code == signal.SIGKILL else ""
        return f"the training process was ended by {name}{memory}"


def described(message: Message) -> Description:
    return Description(
        spec=bytes.fromhex(message["spec"]),
        name=message["name"],
        places=message["places"],
        evaluates=message["evaluates"],
        problems=tuple(message["problems"]),
        digest=message["digest"],
    )


def tail(log: Path) -> str:
    """The last lines of a log, '' if there is none."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-LOG_TAIL_LINES:])


def stamp() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
