"""`docs/quality.md`, written from the results."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from . import tables
from .evidence import Evidence
from .held_back import HELD_BACK
from .methods import DEFAULT, RAY_PB2
from .problem import Problem
from .problems import STARTED
from .statistics import difference, mean_of

WIDTH = 110

INTRODUCTION = """# How well it searches

Written by `make benchmark-quality` ({studies} studies). `python -m benchmarks.quality --help` says how to run parts
of it. What is compared, and how it is kept fair:

- **The controller as it is.** A study is created and checked as a user's is; its workers call `suggest` with the
  messages of the contract on a database in memory. Only training time is simulated: two workers, both equally fast.
- **Ray Tune's own classes.** `PopulationBasedTraining` and `PB2` of Ray 2.60.0, with their trials and search spaces,
  asked in the order in which Ray's controller asks them (`benchmarks/quality/ray_tune.py`).
- **The same for all:** members, steps of a session, of a lineage, and of the whole study (who copies a member that
  is behind has to go that way again within the same total), the search space, and in each seed the members' first
  hyperparameters. Ray's PBT multiplies values out of their range; a hook of its own puts them back.
- **Defaults.** Every method has those that it comes with, on all problems.{pb2}
- **The figure** is the *true* score of the session that was *seen* to be best; greater is better. ± is the standard
  error over seeds. A difference counts beyond two standard errors, unless it is less than a hundredth of what lies
  between the best and the worst method.
"""


PB2 = """ PB2 has no logarithmic scale: beside PB2
  as it comes stands one that is given logarithms, as a careful user would. It searches no categories, so it is
  missing where there are some. Its decisions take up to seconds, so there are fewer seeds of it."""
NO_PB2 = " PB2 was not run for this\n  page: its studies take minutes."


def document(evidence: Evidence, studies: int, pictures: Sequence[Path], real: Sequence[float]) -> str:
    drawn = {path.stem: f"quality/{path.name}" for path in pictures}
    pb2 = PB2 if RAY_PB2 in tables.used(evidence) else NO_PB2
    parts = [
        INTRODUCTION.format(studies=studies, pb2=pb2),
        "## In short\n",
        bullets(tables.verdicts(evidence)),
    ]
    parts += ["## Figures\n", tables.means(evidence)]
    parts += [
        "\nStandard errors by which each is better than Ray's PBT; those that count are bold:\n",
        tables.differences(evidence),
    ]
    if RAY_PB2 in tables.used(evidence):
        parts += [BESIDE_PB2, tables.beside_pb2(evidence)]
    if "differences" in drawn:
        parts.append(f"\n![Standard errors from Ray's PBT]({drawn['differences']})")
    if "curves" in drawn:
        parts.append(f"\n![The figures along the steps]({drawn['curves']})")
    parts += ["\n## Steps to a target\n", TARGETS, tables.targets(evidence)]
    parts += ["\n## The whole population\n", WORSE, tables.worse_halves(evidence)]
    if "sizes" in drawn:
        parts += ["\n## Populations of 4 to 32\n", SIZES, tables.sizes(evidence)]
        parts.append(f"\n![Populations]({drawn['sizes']})")
    if evidence.of(STARTED[0], DEFAULT, start="low"):
        parts += ["\n## Where the members begin\n", STARTS, tables.starts(evidence)]
    if real:
        parts += ["\n## With real workers\n", agreed(evidence, real)]
    parts += ["\n## The problems\n", described(tables.present(evidence))]
    parts += ["\n## Studies\n", tables.counts(evidence)]
    return "\n".join(parts) + "\n"


BESIDE_PB2 = """
GP exploration beside Ray's PB2, in standard errors; those that count are bold:
"""

TARGETS = """The target is what random search has reached on average at its end. Given is the part of a study's steps
until the figure first is there, the median over seeds, and in how many of them it ever is.
"""

WORSE = """The mean true score of the worse half of the members where each has ended: what a population is worth that
is used as a whole.
"""

SIZES = """Each member trains as many steps as above, so larger populations train more in all.
"""

SHAPING = """Those that the defaults were chosen on, with other seeds:
"""

SHAPED_NOTHING = """Those that nothing was tuned on:
"""

STARTS = """All members begin with the same hyperparameters, at 10 % (low), 50 % or 90 % (high) of each range on its
scale.
"""


def agreed(evidence: Evidence, real: Sequence[float]) -> str:
    simulated = [result.value for result in evidence.of("triangle", DEFAULT)]
    apart = abs(difference(mean_of(real), mean_of(simulated)))
    return (
        "`examples/triangle_wave.py` with two workers, a process each, in whole studies of the service:\n\n"
        f"{tables.agreement(simulated, real)}\n\n"
        f"The two are {apart:.1f} standard errors of their difference apart."
    )


def described(problems: Sequence[Problem]) -> str:
    names = {problem.name for problem in HELD_BACK}
    known = [problem for problem in problems if problem.name not in names]
    new = [problem for problem in problems if problem.name in names]
    return f"{SHAPING}\n{listed(known)}\n\n{SHAPED_NOTHING}\n{listed(new)}"


def listed(problems: Sequence[Problem]) -> str:
    items = [f"- **{problem.name}.** {problem.about}" for problem in problems]
    return "\n".join(fill(item, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for item in items)


def bullets(sentences: Sequence[str]) -> str:
    return "\n".join(fill(f"- {each}", WIDTH, subsequent_indent="  ") for each in sentences) + "\n"
