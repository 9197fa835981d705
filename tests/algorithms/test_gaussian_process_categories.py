"""Exploration by a model of gains: categories, of which a bandit chooses where mutation changes one."""

from collections import Counter

from progenitor_controller.algorithms.mutation import mutate_all
from progenitor_storage.model.spec import CategoricalDomain, Parameters, ParameterSpec

from .observations import MUTATION, observed, running, stream, suggested

KIND = ParameterSpec("kind", CategoricalDomain(("a", "b", "c", "d", "e", "f")))
INHERITED: Parameters = {"kind": "a"}


def test_the_better_category_is_suggested_more_often() -> None:
    kind = ParameterSpec("kind", CategoricalDomain(("a", "b", "c")))
    observations = [
        observed(number, {"kind": "abc"[number % 3]}, 0.0, float(number % 3 == 1) + 0.001 * (number * 7 % 5))
        for number in range(80)
    ]
    kinds = Counter(suggested(observations, [kind], member=member)["kind"] for member in range(20))
    assert kinds["b"] >= 12


def test_where_mutation_changes_a_category_it_is_to_what_the_bandit_wants_and_lacks() -> None:
    """b is best, but not so much that the process, in all that noise, would leave the mutant."""
    noise = stream(generation=1).normals(192)
    observations = [
        observed(n, {"kind": "abcdef"[n % 6]}, 0.0, 1.5 * (n % 6 == 1) + float(noise[n]), population=12)
        for n in range(192)
    ]

    def kinds(members: list[int], others: str) -> list[object]:
        unfinished = [running(200 + place, {"kind": kind}) for place, kind in enumerate(others)]
        return [
            suggested(observations, [KIND], inherited=INHERITED, unfinished=unfinished, member=member)["kind"]
            for member in members
        ]

    mutants = {member: mutate_all(MUTATION, [KIND], INHERITED, stream(member)) for member in range(40)}
    changed = [member for member, mutant in mutants.items() if mutant != INHERITED][:5]
    same = [member for member, mutant in mutants.items() if mutant == INHERITED][:5]
    assert kinds(changed, "abcdef") == ["b"] * 5, "each is tried once, and b is wanted more often"
    assert "b" not in kinds(changed, "bbbb"), "of five trials it is not wanted in all"
    assert kinds(same, "abcdef") == ["a"] * 5
