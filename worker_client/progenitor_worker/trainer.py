"""The process that runs the user's code: `python -m progenitor_worker.trainer`, started by the worker.

It loads the user's file once, describes it, and then runs one session after the other, so that data stays loaded. It
shares no interpreter with the worker: heartbeats go on while user code holds the interpreter's lock, and a crash costs
one try of one trial.
"""

import argparse
import ctypes
import faulthandler
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from .channel import Channel, Message
from .checking.doubts import Doubts
from .command import CommandSession
from .lifeline import end_with_parent, guard_own_group
from .session import Session, SessionError, Stopwatch, Value
from .signature import arguments_for
from .store import CheckpointError, CheckpointStore, Holder, Saved, StoreElsewhere
from .user_code import UserCode, as_metrics, load, print_users_traceback, told

STEP_INTERVAL = 0.02
"""Seconds between two messages about the step reached."""


class Reports:
    """Tells the worker what happens in a session, and hears from it whether to stop.

    Each message says whose it is: a thread that one session has left behind must not speak for the next one.
    """

    def __init__(self, channel: Channel, stop: threading.Event, holder: Holder) -> None:
        self._channel = channel
        self._stop = stop
        self._holder = holder.name
        self._told = 0.0
        self.newest: Saved | None = None

    def send(self, kind: str, **said: object) -> None:
        self._channel.send({"kind": kind, "holder": self._holder, **said})

    def step(self, step: int) -> None:
        now = time.monotonic()
        if now - self._told >= STEP_INTERVAL:
            self._told = now
            self.send("step", step=step)

    def measured(self, step: int, metrics: Mapping[str, float], elapsed: float) -> None:
        self.send("measured", step=step, metrics=dict(metrics), elapsed=elapsed)

    def saved(self, checkpoint: Saved) -> None:
        self.newest = checkpoint
        self.send("saved", checkpoint=asdict(checkpoint))

    def stopping(self) -> bool:
        return self._stop.is_set()


class Trainer:
    """Obeys the worker's commands, one at a time; a request to stop is heard at any time."""

    def __init__(self, channel: Channel, command: str) -> None:
        self._channel = channel
        self._command = command
        self._stop = threading.Event()
        self._commands: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._code = UserCode()
        self._doubts = Doubts()
        self._session: Session | None = None
        self._process = os.getpid()

    def serve(self, source: Path | None) -> None:
        threading.Thread(target=self._listen, name="progenitor-listener", daemon=True).start()
        self._heed_signals()
        if not self._prepare(source):
            return
        while (command := self._commands.get())["kind"] != "end":
            if command["kind"] == "evaluate":
                self._evaluate(command)
            else:
                self._train(command)

    def _heed_signals(self) -> None:
        """SIGTERM asks to stop, as whoever ends a whole machine sends it to everyone; SIGINT is for the worker."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        signal.signal(signal.SIGINT, lambda *_: None)
        # Processes that user code forks end by them. Blocked while forking: a signal that comes before Python has set
        # the child up would be forgotten.
        os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=self._be_a_child)

    def _be_a_child(self) -> None:
        """In a process that user code forks: the worker knows nothing of it and hears nothing from it."""
        heed_no_more()
        self._channel.abandon()
        if self._session is not None:
            self._session.close("a process that train has forked cannot report or save: let its parent do it")

    def _listen(self) -> None:
        """Ends the process when the worker is gone, whatever user code is doing."""
        try:
            while (message := self._channel.receive()) is not None:
                if message["kind"] == "stop":
                    self._stop.set()
                    continue
                if message["kind"] == "train":
                    self._stop.clear()
                self._commands.put(message)
        except EOFError:
            os._exit(0)

    def _prepare(self, source: Path | None) -> bool:
        try:
            if source is not None:
                self._code = load(source, needs_train=not self._command)
        except BaseException as error:  # noqa: BLE001  whatever the user's file raises is told
            print_users_traceback(error)
            self._channel.send({"kind": "broken", "message": told(error)})
            return False
        study = self._code.study
        self._channel.send(
            {
                "kind": "ready",
                "spec": "" if study is None else study.spec().SerializeToString(deterministic=True).hex(),
                "name": None if study is None else study.name,
                "places": None if study is None else study.places,
                "evaluates": self._code.evaluate is not None,
                "problems": self._code.problems,
                "digest": self._code.digest,
            }
        )
        return True

    def _train(self, job: Message) -> None:
        write_to_log(Path(job["log"]), job["header"])
        holder = holder_of(job)
        reports = Reports(self._channel, self._stop, holder)
        watch = Stopwatch()
        try:
            store = CheckpointStore(Path(job["store"]))
            self._session = session = self._begin(job, store, holder, reports, watch)
            with closing(session):
                self._run(session, store, holder)
                self._end_if_forked()
            session.finish()
        except StoreElsewhere as error:
            reports.send("unfit", message=str(error), seconds=seconds_of(watch))
        except (SessionError, CheckpointError) as error:
            self._failed(reports, str(error), error, seconds_of(watch))
        except BaseException as error:  # noqa: BLE001  whatever the user's train raises is told
            self._failed(reports, told(error), error, seconds_of(watch))
        else:
            newest = None if reports.newest is None else store.root / reports.newest.uri
            for check, doubt in self._doubts.of(session, newest):
                reports.send("doubtful", check=check, message=doubt)
            self._flush()
            reports.send("done", step=session.step, seconds=seconds_of(watch))

    def _begin(
        self, job: Message, store: CheckpointStore, holder: Holder, reports: Reports, watch: Stopwatch
    ) -> Session:
        store.clear_staging(holder)
        start = job["warm_start"]
        return Session(
            store=store,
            holder=holder,
            listener=reports,
            warm_start=store.find(start["uri"], start["digest"]) if start else None,
            parameters=self._code.as_written(job["parameters"]),
            seed=job["seed"],
            start_step=start["step"] if start else job["start_step"],
            end_step=job["end_step"],
            stopwatch=watch,
        )

    def _run(self, session: Session, store: CheckpointStore, holder: Holder) -> None:
        if self._command:
            with store.scratch(holder) as folder:
                CommandSession(session, self._command, folder).run()
        elif self._code.train is not None:
            self._code.train(session, **session.parameters)
        else:
            raise SessionError("there is no train function and no command")

    def _evaluate(self, job: Message) -> None:
        write_to_log(Path(job["log"]), job["header"])
        reports = Reports(self._channel, self._stop, holder_of(job))
        began = time.monotonic()
        try:
            checkpoint = CheckpointStore(Path(job["store"])).find(job["checkpoint"])
            metrics = self._evaluated(checkpoint, self._code.as_written(job["parameters"]))
            self._end_if_forked()
        except BaseException as error:  # noqa: BLE001  whatever the user's evaluate raises is told
            took = {"evaluate": time.monotonic() - began}
            self._failed(reports, f"evaluate raised {told(error)}", error, took)
        else:
            self._flush()
            reports.send("evaluated", metrics=metrics, seconds={"evaluate": time.monotonic() - began})

    def _evaluated(self, checkpoint: Path, parameters: Mapping[str, Value]) -> dict[str, float]:
        if self._code.evaluate is None:
            raise SessionError("there is no evaluate function")
        return as_metrics(self._code.evaluate(checkpoint, **arguments_for(self._code.evaluate, parameters)))

    def _failed(
        self, reports: Reports, message: str, error: BaseException, seconds: Mapping[str, float]
    ) -> None:
        print_users_traceback(error)
        self._flush()
        self._end_if_forked(1)
        reports.send("failed", message=message, stopping=self._stop.is_set(), seconds=dict(seconds))

    def _end_if_forked(self, code: int = 0) -> None:
        """A process that user code has forked, and that came back to us, ends as a script would."""
        if os.getpid() != self._process:
            self._flush()
            os._exit(code)

    def _flush(self) -> None:
        """Python's output, and what C code printed with its own buffer."""
        sys.stdout.flush()
        sys.stderr.flush()
        ctypes.CDLL(None).fflush(None)


def holder_of(job: Message) -> Holder:
    return Holder(job["study_uid"], job["trial"], job["epoch"])


def seconds_of(watch: Stopwatch) -> dict[str, float]:
    """Of a session that has ended; before its first step everything was restoring."""
    watch.first_step()
    return {"restore": watch.restore, "train": watch.train, "save": watch.save}


HEEDED = (signal.SIGTERM, signal.SIGINT)


def block() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, HEEDED)


def unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HEEDED)


def heed_no_more() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unblock()


def write_to_log(log: Path, header: str) -> None:
    """From here on everything that this process and its children print goes to the trial's log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{header}\n".encode())
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m progenitor_worker.trainer", description=__doc__)
    parser.add_argument(
        "--connection", type=int, required=True, help="file descriptor of the worker's socket"
    )
    parser.add_argument("--parent", type=int, required=True, help="process id of the worker")
    parser.add_argument(
        "--lifeline", type=int, required=True, help="file descriptor of a pipe that ends with the worker"
    )
    parser.add_argument("--source", type=Path, help="the user's file")
    parser.add_argument(
        "--command", default="", help="shell command that trains, instead of the file's train"
    )
    options = parser.parse_args()
    end_with_parent(options.parent)
    guard_own_group(options.lifeline)
    os.close(options.lifeline)
    faulthandler.enable()
    sys.argv = [str(options.source or "")]
    os.set_inheritable(options.connection, False)  # noqa: FBT003  it takes no name
    channel = Channel(socket.socket(fileno=options.connection))
    Trainer(channel, options.command).serve(options.source)


if __name__ == "__main__":
    main()
