"""What a replay reads: ancestors, trials by their place, and which checkpoints came out differently."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_storage import Database, Transaction
from progenitor_storage.model.study import Study
from progenitor_storage.replays import Compared

from .calls import draft, look, run, started, train


def family(tx: Transaction, study: Study, parents: list[int | None]) -> None:
    """Trials 1, 2, 3, …, each of a member of its own."""
    for member, parent in enumerate(parents):
        tx.trials.insert(study, replace(draft(member), parent=parent))


@st.composite
def pedigrees(draw_: st.DrawFn) -> list[int | None]:
    """Each trial's parent is an earlier one, or nobody."""
    count = draw_(st.integers(1, 30))
    return [draw_(st.none() | st.integers(1, number)) if number else None for number in range(count)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parents=pedigrees(), data=st.data())
def test_the_closure_is_the_trials_and_all_their_ancestors_once_and_by_number(
    database: Database, parents: list[int | None], data: st.DataObject
) -> None:
    asked = data.draw(st.sets(st.integers(1, len(parents) + 2), min_size=1))
    run(database, lambda tx, study: tx.studies.delete(study))
    run(database, lambda tx, study: family(tx, study, parents))
    wanted = {number for number in asked if number <= len(parents)}
    for number in range(len(parents), 0, -1):
        parent = parents[number - 1]
        if number in wanted and parent is not None:
            wanted.add(parent)
    found = look(database, lambda tx, study: tx.replays.closure(study, asked, 1000))
    assert [trial.number for trial in found] == sorted(wanted)
    first = look(database, lambda tx, study: tx.replays.closure(study, asked, 2))
    assert [trial.number for trial in first] == sorted(wanted)[:2]


def test_a_trial_is_found_by_its_place(database: Database) -> None:
    def made(tx: Transaction, study: Study) -> None:
        for member, generation in ((0, 0), (1, 0), (0, 3), (1, 1)):
            train(tx, study, draft(member, generation))

    run(database, made)
    assert look(database, lambda tx, study: tx.replays.at(study, 0, 3)).number == 3
    assert look(database, lambda tx, study: tx.replays.at(study, 1, 0)).number == 2


def test_completed_replays_are_compared_by_their_digests(database: Database) -> None:
    def made(tx: Transaction, study: Study) -> None:
        for member, replayed in enumerate(("sha256:c", "sha256:other", "", "sha256:c")):
            train(tx, study, replace(draft(member), replays="studies/r/trials/1", replayed_digest=replayed))
        running = replace(draft(9), replays="studies/r/trials/2", replayed_digest="sha256:other")
        started(tx, study, tx.trials.insert(study, running))

    run(database, made)
    assert look(database, lambda tx, study: tx.replays.compared(study)) == Compared(3, (2,))
