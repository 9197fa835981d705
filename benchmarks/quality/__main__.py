"""Compares progenitor's methods with random search and with Ray Tune's schedulers, and writes docs/quality.md.

Results are kept as they come, so a run that was interrupted goes on where it was; those that other code has made are
not counted. Ray is needed on the path for its methods: `make benchmark-quality ARGS="…"` sees to it.

    python -m benchmarks.quality --quick
    python -m benchmarks.quality --problem digits --method default --method ray-pbt --seeds 20 --table
"""

import argparse
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from . import tables
from .document import document
from .evidence import Evidence
from .jobs import Job, done, jobs, prepare
from .methods import METHODS
from .pictures import draw
from .problems import PROBLEMS
from .real_workers import real_bests
from .results import Results

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".progenitor" / "benchmarks"
DOCS = ROOT / "docs"
QUICK_SEEDS = 4
REAL_STUDIES = 10


def chosen(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--seeds", type=int, default=10_000, help="at most so many of each (default: each problem's own)"
    )
    parser.add_argument("--problem", action="append", choices=PROBLEMS, metavar="NAME", help=names(PROBLEMS))
    parser.add_argument("--method", action="append", choices=METHODS, metavar="NAME", help=names(METHODS))
    parser.add_argument("--processes", type=int, default=2, help="default 2")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_SEEDS} seeds of each")
    parser.add_argument(
        "--no-variants", action="store_true", help="neither other populations nor other beginnings"
    )
    parser.add_argument(
        "--real", type=int, default=REAL_STUDIES, help=f"studies with real workers (default {REAL_STUDIES})"
    )
    parser.add_argument(
        "--results", type=Path, default=CACHE / "quality.jsonl", help="where results are kept"
    )
    parser.add_argument("--fresh", action="store_true", help="forget the results that are kept there")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where quality.md and quality/ are written")
    parser.add_argument("--table", action="store_true", help="print the tables instead of writing them")
    return parser.parse_args(arguments)


def names(of: Sequence[str] | object) -> str:
    return f"repeatable, default all of: {', '.join(of)}"  # type: ignore[arg-type]  # a mapping's keys


def run(wanted: Sequence[Job], results: Results, processes: int, console: Console) -> None:
    """All that there is no result of yet."""
    missing = [job for job in wanted if job not in results]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # A new interpreter each: Ray and gRPC have threads, which a fork would not survive.
    with (
        get_context("spawn").Pool(processes, prepare) as pool,
        Progress(*columns, console=console) as progress,
    ):
        bar = progress.add_task("studies", total=len(wanted), completed=len(wanted) - len(missing))
        for result in pool.imap_unordered(done, missing):
            results.add(result)
            progress.advance(bar)
            progress.update(bar, description=f"{result.job.problem}, {result.job.method}")


def failures(wanted: Sequence[Job], results: Results) -> list[str]:
    """One sentence for each method and reason."""
    found: dict[tuple[str, str], int] = {}
    for job in wanted:
        error = results.all[job].error
        if error:
            found[job.method, error] = found.get((job.method, error), 0) + 1
    return [f"{method}: {count} studies failed: {error}" for (method, error), count in found.items()]


def main() -> None:
    options = chosen(sys.argv[1:])
    console = Console(stderr=True)
    if options.fresh:
        options.results.unlink(missing_ok=True)
    problems, methods = options.problem or list(PROBLEMS), options.method or list(METHODS)
    seeds = min(options.seeds, QUICK_SEEDS) if options.quick else options.seeds
    results = Results(options.results, METHODS)
    wanted = list(jobs(problems, methods, seeds, variants=not options.no_variants))
    run(wanted, results, options.processes, console)
    evidence = Evidence({job: results.all[job] for job in wanted})
    if options.table:
        print("\n\n".join([tables.means(evidence), tables.differences(evidence), *tables.verdicts(evidence)]))
    else:
        write(options, evidence, len(wanted), console)
    failed = failures(wanted, results)
    for sentence in failed:
        console.print(sentence, markup=False)
    sys.exit(1 if failed else 0)


def write(options: argparse.Namespace, evidence: Evidence, studies: int, console: Console) -> None:
    real = []
    for best in real_bests(options.real, options.results.with_suffix(".real.json")):
        real.append(best)
        console.print(f"real workers: study {len(real)} of {options.real} came to {best:.0f}")
    pictures = draw(evidence, options.docs / "quality")
    path = options.docs / "quality.md"
    path.write_text(document(evidence, studies, pictures, real))
    console.print(f"written: {path}")


if __name__ == "__main__":
    main()
