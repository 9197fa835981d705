"""A training file checked in a child of this process: whatever user code does to its process, somebody tells of it."""

import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from json import dumps, loads  # bound now: user code may patch what the module names

from progenitor_worker.checking.findings import CheckReport, Finding, Result, failed


def in_child(check: Callable[[], CheckReport]) -> CheckReport:
    """What `check` finds; one failed finding if the child died of it. What the child prints goes to standard error."""
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        run_as_child(check, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    return as_report(told) if told else died(status)


def run_as_child(check: Callable[[], CheckReport], writing: int) -> None:
    """Never returns, and of the processes that user code may have made of this one only the first tells."""
    first = os.getpid()
    code = 1
    try:
        os.dup2(2, 1)
        faulthandler.enable()
        report = check()
        if os.getpid() == first:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(as_bytes(report))
        code = 0
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def as_bytes(report: CheckReport) -> bytes:
    findings = [[found.check, found.result, found.message, found.advice] for found in report.findings]
    return dumps([findings, report.seconds_per_step, report.checkpoint_bytes]).encode()


def as_report(told: bytes) -> CheckReport:
    findings, seconds, size = loads(told)
    return CheckReport(
        tuple(Finding(check, Result(result), message, advice) for check, result, message, advice in findings),
        seconds,
        size,
    )


def died(status: int) -> CheckReport:
    code = os.waitstatus_to_exitcode(status)
    if code == 130:
        raise KeyboardInterrupt
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    message = f"the process that ran the file {how} before the sessions were done"
    return CheckReport((failed("process", message, "A training file must not end its process."),))
