"""The front of several objectives: who leaves it."""

import asyncio
import random

import grpc
from hypothesis import given
from hypothesis import strategies as st
from tests.controller.test_populations import listed, train_with_two, two_objectives
from tests.controller.trainee import create

from progenitor.v1.study_service_pb2_grpc import StudyServiceStub
from progenitor_controller.calls import StudyCall
from progenitor_controller.front import MAX_FRONT, most_crowded
from progenitor_storage import Database, Transaction

few = st.integers(-3, 3).map(float)


@given(st.lists(st.tuples(few, few), min_size=2, max_size=12), st.randoms())
def test_one_that_is_there_twice_is_missed_least_in_whatever_order(
    points: list[tuple[float, float]], shuffle: random.Random
) -> None:
    front = dict(enumerate(points, 1))
    leaving = most_crowded(front)
    twice = len(set(points)) < len(points)
    assert (points.count(front[leaving]) > 1) == twice
    items = list(front.items())
    shuffle.shuffle(items)
    assert most_crowded(dict(items)) == leaving


def test_the_ends_of_a_line_stay() -> None:
    line = {number: (float(number), -float(number)) for number in range(1, MAX_FRONT + 2)}
    assert most_crowded(line) == MAX_FRONT, "all are crowded alike: the newest that is no end"


def delete_first(tx: Transaction, call: StudyCall) -> int:
    study = tx.studies.locked(call.study)
    trial = tx.trials.front(study, None, 1)[0]
    assert trial.checkpoint
    tx.checkpoints.mark_deleted(study, trial.checkpoint.uri)
    assert not tx.trials.get(study, trial.number).front
    return trial.number


def test_a_trial_whose_checkpoint_is_deleted_leaves_the_front(
    channel: grpc.Channel, studies: StudyServiceStub, database_url: str
) -> None:
    name = create(channel, two_objectives("truncation")).name
    train_with_two(channel, name, random.Random(1))
    before = [trial.name for trial in listed(studies, name, 100)]

    async def delete() -> int:
        database = await Database.open(database_url)
        number = await database.transact(delete_first, StudyCall(name.removeprefix("studies/")))
        await database.close()
        return number

    assert before[0].endswith(f"/{asyncio.run(delete())}")
    assert [trial.name for trial in listed(studies, name, 100)] == before[1:]
