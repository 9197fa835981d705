"""Tables in Markdown."""

from collections.abc import Iterable, Sequence
from math import isfinite, isnan

from .evidence import Evidence
from .jobs import SAMPLED
from .methods import DEFAULT, METHODS, RANDOM, RAY_PB2, RAY_PBT
from .problem import Problem
from .problems import PROBLEMS, SIZED, SIZES, STARTED, STARTS
from .statistics import Mean, mean_of

NOTHING = "–"
COUNTED = 2.0
"""Standard errors beyond which a difference counts."""
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


def shown_z(z: float) -> str:
    if isnan(z):
        return NOTHING
    told = f"{z:+.1f}"
    return f"**{told}**" if abs(z) > COUNTED else told


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
    rows = [["problem", *(METHODS[method].title for method in methods)]]
    rows += [
        [problem.name, *(shown(evidence.mean(problem.name, method)) for method in methods)]
        for problem in present(evidence)
    ]
    return markdown(rows)


def differences(evidence: Evidence) -> str:
    methods = [method for method in used(evidence) if method != RAY_PBT]
    rows = [["problem", *(METHODS[method].title for method in methods)]]
    for problem in present(evidence):
        cells = [
            shown_z(evidence.z(problem.name, method, RAY_PBT))
            if evidence.has(problem.name, method, RAY_PBT)
            else NOTHING
            for method in methods
        ]
        rows.append([problem.name, *cells])
    return markdown(rows)


def counts(evidence: Evidence) -> str:
    methods = used(evidence)
    rows = [["problem", *(METHODS[method].title for method in methods)]]
    rows += [
        [problem.name, *(str(len(evidence.of(problem.name, method)) or NOTHING) for method in methods)]
        for problem in present(evidence)
    ]
    return markdown(rows)


def worse_halves(evidence: Evidence) -> str:
    """Of problems of one metric."""
    methods = used(evidence)
    rows = [["problem", *(METHODS[method].title for method in methods)]]
    rows += [
        [problem.name, *(shown(evidence.worse(problem.name, method)) for method in methods)]
        for problem in present(evidence)
        if len(problem.metrics) == 1
    ]
    return markdown(rows)


def targets(evidence: Evidence) -> str:
    methods = [method for method in used(evidence) if method in TARGETED]
    rows = [["problem", "target", *(METHODS[method].title for method in methods)]]
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
            rows.append([problem, METHODS[method].title, *cells])
    return markdown(rows)


def own_or(problem: Problem, size: int) -> int | None:
    """How a job names a population of this size."""
    return None if size == problem.members else size


def starts(evidence: Evidence) -> str:
    rows = [["problem", "method", *STARTS]]
    for problem in STARTED:
        for method in (DEFAULT, RAY_PBT):
            cells = [shown(evidence.mean(problem, method, start=start)) for start in STARTS]
            rows.append([problem, METHODS[method].title, *cells])
    return markdown(rows)


# What the benchmark is to show.


def verdicts(evidence: Evidence) -> list[str]:
    """One sentence each."""
    return [*against_ray(evidence), *against_pb2(evidence), *triangle(evidence)]


def against_ray(evidence: Evidence) -> Iterable[str]:
    compared = [p.name for p in present(evidence) if evidence.has(p.name, DEFAULT, RAY_PBT)]
    zs = {name: evidence.z(name, DEFAULT, RAY_PBT) for name in compared}
    better = [name for name, z in zs.items() if z > COUNTED]
    worse = [name for name, z in zs.items() if z < -COUNTED]
    if compared:
        yield (
            f"With its defaults progenitor is better than Ray Tune's PBT on {len(better)} of {len(compared)} problems "
            f"beyond two standard errors{listed(better)}, and worse on {len(worse)}{listed(worse)}."
        )


def against_pb2(evidence: Evidence) -> Iterable[str]:
    for peer in (RAY_PB2, RAY_PB2_LOG):
        compared = [p.name for p in present(evidence) if evidence.has(p.name, GP, peer)]
        zs = {name: evidence.z(name, GP, peer) for name in compared}
        better = [name for name, z in zs.items() if z > COUNTED]
        worse = [name for name, z in zs.items() if z < -COUNTED]
        if compared:
            yield (
                f"GP exploration is better than {METHODS[peer].title} on {len(better)} of {len(compared)} problems"
                f"{listed(better)}, and worse on {len(worse)}{listed(worse)}."
            )


def triangle(evidence: Evidence) -> Iterable[str]:
    for method in (DEFAULT, RAY_PBT):
        for start in STARTS:
            values = [result.value for result in evidence.of("triangle", method, start=start)]
            if values and (start == SAMPLED or method == DEFAULT):
                reached = sum(value >= REACHED for value in values)
                yield (
                    f"The triangle wave reaches {REACHED:.0f} in {reached} of {len(values)} studies of "
                    f"{METHODS[method].title} ({'all members begin ' + start if start != SAMPLED else 'sampled'})."
                )


def listed(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def agreement(simulated: Sequence[float], real: Sequence[float]) -> str:
    rows = [["", "studies", "best accuracy"]]
    for name, values in (("simulated workers", simulated), ("real workers", real)):
        rows.append([name, str(len(values)), shown(mean_of(values))])
    return markdown(rows)
