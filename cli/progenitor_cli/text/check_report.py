"""What a check of a training file has found, to be read and to be parsed."""

import json
from pathlib import Path
from textwrap import indent

from progenitor_worker.checking.findings import CheckReport, Finding, Result

from .wording import number, size

MARKS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.UNSEEN: "–"}


def text(file: Path, report: CheckReport) -> str:
    """A line for each check, the advice below it, what a step and a checkpoint take, and the verdict."""
    costs = [*step_line(report), *checkpoint_line(report)]
    return "\n".join([*map(entry, report.findings), "", *costs, verdict(file, report)])


def entry(finding: Finding) -> str:
    first, _, rest = finding.message.partition("\n")
    parts = [f"{MARKS[finding.result]} {first}"]
    parts += [indent(part, "    ") for part in (rest, finding.advice) if part]
    return "\n".join(parts)


def step_line(report: CheckReport) -> list[str]:
    if report.seconds_per_step is None:
        return []
    return [f"A step takes {duration(report.seconds_per_step)}."]


def checkpoint_line(report: CheckReport) -> list[str]:
    return [] if report.checkpoint_bytes is None else [f"A checkpoint takes {size(report.checkpoint_bytes)}."]


def duration(seconds: float) -> str:
    """`5.2 µs`, `14.3 ms`, `2.5 s`."""
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1.0:
            return f"{number(seconds * factor)} {unit}"
    return f"{number(seconds * 1e6)} µs"


def verdict(file: Path, report: CheckReport) -> str:
    failed = sum(finding.result is Result.FAILED for finding in report.findings)
    unseen = sum(finding.result is Result.UNSEEN for finding in report.findings)
    told = f"{failed} {'thing' if failed == 1 else 'things'} must change" if failed else "nothing must change"
    also = f"; {unseen} could not be told" if unseen else ""
    return f"{file.name}: {told}{also}."


def json_line(file: Path, report: CheckReport) -> str:
    found = [
        {
            "check": finding.check,
            "result": finding.result.value,
            "message": "\n".join(filter(None, [finding.message, finding.advice])),
        }
        for finding in report.findings
    ]
    return json.dumps(
        {
            "file": str(file),
            "ok": report.ok,
            "findings": found,
            "seconds_per_step": report.seconds_per_step,
            "checkpoint_bytes": report.checkpoint_bytes,
        },
        ensure_ascii=False,
    )
