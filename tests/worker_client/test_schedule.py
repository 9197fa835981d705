"""A schedule trained as one long run: the sessions that it names, each from the last one's checkpoint."""

import json
import random
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progenitor import (
    Schedule,
    ScheduledSession,
    ScheduleError,
    Session,
    read_schedule,
    run_schedule,
    run_session,
)


def train(session: Session, lr: float, seed: str = "a") -> None:
    """Depends on all that a session has."""
    weight = json.loads((session.warm_start / "w.json").read_text()) if session.warm_start else 0.0
    noise = random.Random(session.seed)
    for step in session.steps():
        weight = weight * 0.5 + lr * step + noise.random() + len(seed)
    session.report(score=weight)
    with session.checkpoint() as folder:
        (folder / "w.json").write_text(json.dumps(weight))


SCHEDULE = Schedule(
    "studies/digits/trials/7",
    (
        ScheduledSession(0, 4, 11, {"lr": 0.1, "seed": "a"}),
        ScheduledSession(4, 5, 12, {"lr": 0.2, "seed": "bb"}),
        ScheduledSession(5, 9, 2**63 - 1, {"lr": 0.1 + 0.2, "seed": "\u03b8"}),
    ),
)


def test_each_session_has_its_seed_its_hyperparameters_and_the_checkpoint_before(tmp_path: Path) -> None:
    first = run_session(lambda session: train(session, 0.1, "a"), tmp_path, steps=4, seed=11)
    second = run_session(lambda s: train(s, 0.2, "bb"), tmp_path, steps=1, seed=12, warm_start=first)
    third = run_session(
        lambda s: train(s, 0.1 + 0.2, "\u03b8"), tmp_path, steps=4, seed=2**63 - 1, warm_start=second
    )
    whole = run_schedule(train, SCHEDULE, tmp_path / "whole")
    assert [session.digest for session in whole.sessions] == [first.digest, second.digest, third.digest]
    assert whole.metrics == {**first.metrics, **second.metrics, **third.metrics}
    assert (whole.step, whole.score) == (9, third.score)
    assert third.checkpoint is not None
    assert (whole.checkpoint / "w.json").read_bytes() == (third.checkpoint / "w.json").read_bytes()


def test_a_difference_from_the_study_is_told(tmp_path: Path) -> None:
    digests = [session.digest for session in run_schedule(train, SCHEDULE, tmp_path).sessions]
    known = [
        replace(session, digest=digest) for session, digest in zip(SCHEDULE.sessions, digests, strict=True)
    ]
    assert run_schedule(train, Schedule("t", known), tmp_path).differing == ()
    changed = [known[0], replace(known[1], seed=13), known[2]]
    assert run_schedule(train, Schedule("t", changed), tmp_path).differing == (5, 9)
    unknown = [*known[:2], replace(known[2], digest="", seed=13)]
    assert run_schedule(train, Schedule("t", unknown), tmp_path).differing == ()


def test_a_run_that_was_ended_goes_on_from_its_newest_checkpoint(tmp_path: Path) -> None:
    whole = run_schedule(train, SCHEDULE, tmp_path)
    for number in (0, 1):
        rest = run_schedule(train, SCHEDULE, tmp_path, warm_start=whole.sessions[number].checkpoint)
        assert [session.digest for session in rest.sessions] == [
            session.digest for session in whole.sessions[number + 1 :]
        ]
    with pytest.raises(ScheduleError, match="step 9, the schedule goes from 0 to 9"):
        run_schedule(train, SCHEDULE, tmp_path, warm_start=whole.checkpoint)


def test_within_a_session_it_goes_on_where_the_checkpoint_is(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    def watched(session: Session, **parameters: object) -> None:
        seen.append((session.start_step, session.end_step))
        train(session, 0.1)

    begun = run_session(train, tmp_path, steps=2, lr=0.1)
    run_schedule(watched, SCHEDULE, tmp_path, warm_start=begun)
    assert seen == [(2, 4), (4, 5), (5, 9)]


def test_a_schedule_that_begins_with_a_checkpoint_needs_it(tmp_path: Path) -> None:
    later = Schedule("t", SCHEDULE.sessions[1:])
    with pytest.raises(ScheduleError, match=r"begins at step 4 .* warm_start="):
        run_schedule(train, later, tmp_path)
    first = run_session(lambda session: train(session, 0.1, "a"), tmp_path, steps=4, seed=11)
    assert run_schedule(train, later, tmp_path, warm_start=first).step == 9


def test_what_evaluate_returns_counts_for_each_sessions_end(tmp_path: Path) -> None:
    def evaluate(checkpoint: Path, lr: float) -> dict[str, float]:
        return {"size": len((checkpoint / "w.json").read_text()), "rate": lr}

    metrics = run_schedule(train, SCHEDULE, tmp_path, evaluate=evaluate).metrics
    assert {step: values["rate"] for step, values in metrics.items()} == {4: 0.1, 5: 0.2, 9: 0.1 + 0.2}


def test_a_session_that_saves_nothing_at_its_end_ends_the_run(tmp_path: Path) -> None:
    def forgetful(session: Session, lr: float, seed: str) -> None:
        if session.start_step == 0:
            train(session, lr, seed)
        else:
            session.advance(session.end_step - session.start_step)

    with pytest.raises(ScheduleError, match="no checkpoint at step 5"):
        run_schedule(forgetful, SCHEDULE, tmp_path)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
parameters = st.dictionaries(st.text(), numbers | st.text())
seeds = st.integers(0, 2**63 - 1)
whole_schedules = st.lists(
    st.tuples(st.integers(1, 2**40), seeds, parameters, st.text()), min_size=1, max_size=5
).map(
    lambda drawn: Schedule(
        "studies/s/trials/1",
        tuple(
            ScheduledSession(start, end, seed, values, digest)
            for (start, end), (_, seed, values, digest) in zip(
                pairwise(accumulate((entry[0] for entry in drawn), initial=0)), drawn, strict=True
            )
        ),
    )
)


@given(whole_schedules)
def test_a_file_holds_a_schedule_exactly(
    tmp_path_factory: pytest.TempPathFactory, schedule: Schedule
) -> None:
    file = tmp_path_factory.getbasetemp() / "schedule.json"
    file.write_text(schedule.to_json(), encoding="utf-8")
    read = read_schedule(file)
    assert read == schedule
    assert [repr(entry.parameters) for entry in read.sessions] == [
        repr(dict(entry.parameters)) for entry in schedule.sessions
    ], "a float stays a float, -0.0 too"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"trial": "t", "sessions": [{"start_step": 0}]}',
        '{"trial": "t", "sessions": [{"start_step": 0, "end_step": 2.5, "seed": 1, "parameters": {}}]}',
        '{"trial": "t", "sessions": 3}',
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(ScheduleError, match="is not a schedule"):
        read_schedule(file)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ([], "at least one"),
        ([(0, 2), (3, 4)], "ends at 2"),
        ([(0, 0)], "end after"),
        ([(-1, 1)], "end after"),
    ],
)
def test_sessions_join(bounds: list[tuple[int, int]], told: str) -> None:
    with pytest.raises(ScheduleError, match=told):
        Schedule("t", [ScheduledSession(start, end, 0, {}) for start, end in bounds])
