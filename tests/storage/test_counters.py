"""Whatever is done to trials in whatever order, counters and members are what a recount gives."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from progenitor_storage import Database, Snapshot, Transaction
from progenitor_storage.errors import DuplicateTrial, LeaseLost
from progenitor_storage.model.study import Member, Study
from progenitor_storage.model.trial import StopCause, Trial, TrialState

from .calls import OTHER, WORKER, Name, completed, create_study, draft, ended

MEMBERS = 4

actions = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["insert", "claim", "step", "complete", "unfit", "fail", "retry", "preempt", "stop", "stale"]
            ),
            st.integers(0, MEMBERS - 1),
            st.integers(0, 12),
        ),
        max_size=8,
    ),
    max_size=10,
)


@dataclass(frozen=True)
class Indexed:
    study: str
    index: int


class Interrupted(Exception):
    """A call that fails at its end."""


def newest_of(tx: Snapshot, study: Study, place: int) -> Trial | None:
    member = tx.members.get(study, place)
    return None if member is None else tx.trials.get(study, member.newest)


def act(tx: Transaction, study: Study, action: str, place: int, amount: int) -> None:
    trial = newest_of(tx, study, place)
    if action == "insert":
        generation, initiator = (0, None) if trial is None else (trial.generation + 1, trial.number)
        if amount == 0:
            generation, initiator = 0, None
        try:
            tx.trials.insert(study, draft(place, generation, initiator, start_step=amount))
        except DuplicateTrial:
            assert generation == 0
        return
    if trial is None:
        return
    if action == "claim":
        tx.trials.claim(study, trial, OTHER if amount % 2 else WORKER, tx.now + amount)
    elif action == "stale":
        with pytest.raises(LeaseLost):
            tx.trials.save(study, replace(trial, epoch=trial.epoch + 1), changed(trial, "complete", amount))
    elif not trial.state.final:
        tx.trials.save(study, trial, changed(trial, action, amount))


def changed(trial: Trial, action: str, amount: int) -> Trial:
    stopped = ended(trial, TrialState.STOPPED)
    return {
        "step": replace(trial, step=trial.start_step + amount),
        "complete": completed(trial, float(amount)),
        "unfit": completed(trial, None),
        "fail": ended(trial),
        "retry": replace(ended(trial, TrialState.PENDING), failures=trial.failures + 1),
        "preempt": replace(ended(trial, TrialState.PREEMPTED), epoch=trial.epoch + 1),
        "stop": replace(stopped, stop_cause=StopCause.RULE if amount % 2 else StopCause.LIMIT),
    }[action]


def recount(snapshot: Snapshot, call: Name) -> None:
    study = snapshot.studies.get(call.study)
    trials = snapshot.trials.page(study, (), 0, 10_000)
    members = snapshot.members.page(study, -1, 10_000)
    assert [trial.number for trial in trials] == list(range(1, study.trials + 1))
    assert {state: n for state, n in study.counts.items() if n} == Counter(trial.state for trial in trials)
    assert study.total_steps == sum(max(0, trial.step - trial.start_step) for trial in trials)
    assert len({trial.change for trial in trials}) == len(trials)
    assert max((trial.change for trial in trials), default=0) == study.change
    assert [member.member for member in members] == sorted({trial.member for trial in trials})
    assert study.members == snapshot.members.count(study) == len(members)
    assert snapshot.members.with_final(study) == sum(member.newest_final is not None for member in members)
    for member in members:
        check_member(member, [trial for trial in trials if trial.member == member.member])
    held = [trial.number for trial in trials if trial.state.held]
    assert [trial.number for trial in snapshot.trials.held(study)] == held
    usable = [trial.number for trial in trials if trial.usable]
    assert [trial.number for trial in snapshot.candidates.usable_in(study, 0, 10_000)] == usable
    fittest = sorted(
        (trial for trial in trials if trial.usable), key=lambda t: (-(t.fitness or 0.0), t.number)
    )
    assert snapshot.trials.best(study, None, 10_000) == fittest


def check_member(member: Member, own: list[Trial]) -> None:
    newest = max(own, key=lambda trial: trial.generation)
    final = [trial for trial in own if trial.state.final]
    usable = [trial.number for trial in own if trial.usable]
    assert (member.newest, member.generation) == (newest.number, newest.generation)
    assert member.final is newest.state.final
    assert member.reached == (newest.reached if member.final else newest.start_step)
    assert (member.due > 0) is member.final
    assert member.due <= newest.change
    assert member.newest_final == max((trial.number for trial in final), default=None)
    assert member.newest_usable == max(usable, default=None)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the database is shared, each example has a study of its own
@given(calls=actions, interrupted=st.sets(st.integers(0, 9)))
def test_counters_and_members_are_what_a_recount_gives(
    database: Database, calls: list[list[tuple[str, int, int]]], interrupted: set[int]
) -> None:
    """Calls are put in at once, so that they meet in groups; some of them fail at their end."""

    def one(tx: Transaction, call: Indexed) -> None:
        study = tx.studies.locked(call.study)
        for action, place, amount in calls[call.index]:
            act(tx, study, action, place, amount)
        if call.index in interrupted:
            raise Interrupted

    async def scenario() -> None:
        names = await database.read(lambda snapshot, _: len(snapshot.studies.page("", 10_000)), None)
        name = f"s{names}"
        await database.transact(create_study, Name(name))
        outcomes = await asyncio.gather(
            *(database.transact(one, Indexed(name, index)) for index in range(len(calls))),
            return_exceptions=True,
        )
        for index, outcome in enumerate(outcomes):
            assert isinstance(outcome, Interrupted) if index in interrupted else outcome is None, outcome
        await database.read(recount, Name(name))

    asyncio.run(scenario())
