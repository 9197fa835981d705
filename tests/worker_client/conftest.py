"""Fixtures of the worker's tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.worker_client.other_side import OtherSide, serving
from tests.worker_client.slot_worker import GOOD, Work, Worker


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    with ExitStack() as stack:

        def start(other: OtherSide, body: str = GOOD, **options: object) -> Worker:
            address = stack.enter_context(serving(other))
            worker = Worker(tmp_path, body, address, **options)  # type: ignore[arg-type]  # its keywords
            stack.callback(worker.end)
            stack.callback(worker.pool.quit)
            return worker

        yield start
