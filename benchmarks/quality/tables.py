"""Tables in Markdown."""

from collections.abc import Iterable, Sequence
from math import isfinite

from .evidence import Evidence
from .held_back import HELD_BACK
from .jobs import SAMPLED
from .methods import DEFAULT, METHODS, RANDOM, RAY_PB2, RAY_PBT
from .problem import Problem
from .problems import PROBLEMS, SIZED, SIZES, STARTED, STARTS
from .statistics import Mean, mean_of

NOTHING = "–"
GP, RAY_PB2_LOG = "gp", "ray-pb2-log"
TARGETED = (DEFAULT, "pbt-2017", "pbt-2019", GP, RAY_PBT)
REACHED = 200.0
"""Accuracy of the triangle wave that counts as found."""


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The first row is the head; all columns but the first are numbers."""
    head, *body = rows
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *body])


def shown(mean: Mean) -> str:
    """As many digits as the standard error has two of."""
    if not mean.count:
        return NOTHING
    if not isfinite(mean.error):
        return f"{mean.value:.4g}"
    digits = 3
    while digits < 6 and 0 < mean.error < 2 * 10.0**-digits:
        digits += 1
    while digits > 0 and mean.error >= 20 * 10.0**-digits:
        digits -= 1
    return f"{mean.value:.{digits}f} ± {mean.error:.{digits}f}"


def shown_z(evidence: Evidence, problem: str, method: str) -> str:
    """Against Ray's PBT; bold if it counts."""
    if not evidence.has(problem, method, RAY_PBT):
        return NOTHING
    z = evidence.z(problem, method, RAY_PBT)
    told = f"{z:+.1f}" if isfinite(z) else f"{'+' if z > 0 else '−'}∞"
    return f"**{told}**" if evidence.counts(problem, method, RAY_PBT) else told


def title_of(method: str) -> str:
    """As the head of a column."""
    return f"**{METHODS[method].title}**" if method == DEFAULT else METHODS[method].title


def present(evidence: Evidence) -> list[Problem]:
    return [
        problem
        for problem in PROBLEMS.values()
        if any(evidence.has(problem.name, method) for method in METHODS)
    ]


def used(evidence: Evidence) -> list[str]:
    return [
        name for name in METHODS if any(evidence.has(problem.name, name) for problem in PROBLEMS.values())
    ]


def means(evidence: Evidence) -> str:
    methods = used(evidence)
    rows = [["problem", *map(title_of, methods)]]
    rows += [
        [problem.name, *(shown(evidence.mean(problem.name, method)) for method in methods)]
        for problem in present(evidence)
    ]
    return markdown(rows)


def differences(evidence: Evidence) -> str:
    methods = [method for method in used(evidence) if method != RAY_PBT]
    rows = [["problem", *map(title_of, methods)]]
    for problem in present(evidence):
        cells = [shown_z(evidence, problem.name, method) for method in methods]
        rows.append([problem.name, *cells])
    return markdown(rows)


def counts(evidence: Evidence) -> str:
    methods = used(evidence)
    rows = [["problem", *map(title_of, methods)]]
    rows += [
        [problem.name, *(str(len(evidence.of(problem.name, method)) or NOTHING) for method in methods)]
        for problem in present(evidence)
    ]
    return markdown(rows)


def worse_halves(evidence: Evidence) -> str:
    """Of problems of one metric."""
    methods = used(evidence)
    rows = [["problem", *map(title_of, methods)]]
    rows += [
        [problem.name, *(shown(evidence.worse(problem.name, method)) for method in methods)]
        for problem in present(evidence)
        if len(problem.metrics) == 1
    ]
    return markdown(rows)


def targets(evidence: Evidence) -> str:
    methods = [method for method in used(evidence) if method in TARGETED]
    rows = [["problem", "target", *map(title_of, methods)]]
    for problem in present(evidence):
        if not evidence.has(problem.name, RANDOM):
            continue
        cells = []
        for method in methods:
            found = evidence.to_target(problem.name, method)
            part = f"{found.median:.0%}" if isfinite(found.median) else "never"
            cells.append(f"{part} ({found.reached}/{found.count})" if found.count else NOTHING)
        rows.append([problem.name, f"{evidence.mean(problem.name, RANDOM).value:.3g}", *cells])
    return markdown(rows)


def sizes(evidence: Evidence) -> str:
    rows = [["problem", "method", *(f"{size} members" for size in SIZES)]]
    for problem in SIZED:
        for method in (RANDOM, DEFAULT, RAY_PBT):
            cells = [shown(evidence.mean(problem, method, own_or(PROBLEMS[problem], size))) for size in SIZES]
            rows.append([problem, title_of(method), *cells])
    return markdown(rows)


def own_or(problem: Problem, size: int) -> int | None:
    """How a job names a population of this size."""
    return None if size == problem.members else size


def starts(evidence: Evidence) -> str:
    rows = [["problem", "method", *STARTS]]
    for problem in STARTED:
        for method in (DEFAULT, RAY_PBT):
            cells = [shown(evidence.mean(problem, method, start=start)) for start in STARTS]
            rows.append([problem, title_of(method), *cells])
    return markdown(rows)


# What the benchmark is to show.


def verdicts(evidence: Evidence) -> list[str]:
    """One sentence each."""
    return [*against_ray(evidence), *against_pb2(evidence), *triangle(evidence)]


def against_ray(evidence: Evidence) -> Iterable[str]:
    yield from compared(evidence, DEFAULT, RAY_PBT, "progenitor's default")


def against_pb2(evidence: Evidence) -> Iterable[str]:
    for peer in (RAY_PB2, RAY_PB2_LOG):
        yield from compared(evidence, GP, peer, "GP exploration")


def compared(evidence: Evidence, method: str, peer: str, name: str) -> Iterable[str]:
    """Of the problems that shaped progenitor, and of those that did not."""
    held_back = {problem.name for problem in HELD_BACK}
    problems = [p.name for p in present(evidence) if evidence.has(p.name, method, peer)]
    shaping = [problem for problem in problems if problem not in held_back]
    others = [problem for problem in problems if problem in held_back]
    if shaping:
        told = better_and_worse(evidence, method, peer, shaping)
        yield f"Of the problems that shaped it, {name} is better than {METHODS[peer].title} on {told}."
    if others:
        zs = ", ".join(f"{problem} {evidence.z(problem, method, peer):+.1f}" for problem in others)
        told = better_and_worse(evidence, method, peer, others)
        yield f"Of those that nothing was tuned on, it is better on {told}; in standard errors: {zs}."


def better_and_worse(evidence: Evidence, method: str, peer: str, problems: Sequence[str]) -> str:
    differing = {p: evidence.z(p, method, peer) for p in problems if evidence.counts(p, method, peer)}
    better = [problem for problem, z in differing.items() if z > 0]
    worse = [problem for problem, z in differing.items() if z < 0]
    return f"{len(better)} of {len(problems)}{listed(better)}, and worse on {len(worse)}{listed(worse)}"


def beside_pb2(evidence: Evidence) -> str:
    """Standard errors by which GP exploration is better, and how many studies of PB2 there are."""
    peers = [peer for peer in (RAY_PB2, RAY_PB2_LOG) if peer in used(evidence)]
    rows = [["problem", *(f"better than {METHODS[peer].title}, of its studies" for peer in peers)]]
    rows += [
        [problem.name, *(cell_beside(evidence, problem.name, peer) for peer in peers)]
        for problem in present(evidence)
        if any(evidence.has(problem.name, GP, peer) for peer in peers)
    ]
    return markdown(rows)


def cell_beside(evidence: Evidence, problem: str, peer: str) -> str:
    if not evidence.has(problem, GP, peer):
        return NOTHING
    told = f"{evidence.z(problem, GP, peer):+.1f}"
    bold = f"**{told}**" if evidence.counts(problem, GP, peer) else told
    return f"{bold}, {len(evidence.of(problem, peer))}"


def triangle(evidence: Evidence) -> Iterable[str]:
    for method in (DEFAULT, RAY_PBT):
        for start in STARTS:
            values = [result.value for result in evidence.of("triangle", method, start=start)]
            begun = "sampled first values" if start == SAMPLED else f"all members beginning {start}"
            if values:
                reached = sum(value >= REACHED for value in values)
                yield (
                    f"{METHODS[method].title} reaches {REACHED:.0f} on the triangle wave in {reached} of {len(values)} "
                    f"studies with {begun}."
                )


def listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def agreement(simulated: Sequence[float], real: Sequence[float]) -> str:
    rows = [["", "studies", "best accuracy"]]
    for name, values in (("simulated workers", simulated), ("real workers", real)):
        rows.append([name, str(len(values)), shown(mean_of(values))])
    return markdown(rows)
